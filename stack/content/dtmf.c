/* Digits: alone, or "Signal=" and "Duration=" on lines. No state, any thread. Events are RFC 4733's. */
#include "stack/content/dtmf.h"

#include "stack/content/content_priv.h"

static const char signals[] = "0123456789*#ABCD!";

/* '\0': it is none. */
static char read_signal(struct sip_str text)
{
	uint32_t event = 0;
	char c = text.len == 1 ? text.p[0] : '\0';

	if (c >= 'a' && c <= 'd')
		c = (char)(c - 'a' + 'A');
	if (c && strchr(signals, c))
		return c;
	if (text.len == 2 && sip_str_to_u32(text, sizeof signals - 2, &event) == SIP_OK)
		return signals[event];
	return '\0';
}

static enum sip_err read_lines(struct sip_str bytes, unsigned most, char *signal, struct sip_content_number *duration)
{
	struct sip_str line, name;
	size_t equals;

	while (sip__line_cut(&bytes, &line)) {
		if (most-- == 0)
			return SIP_E_LIMIT;
		equals = sip_str_find(line, '=');
		name = sip_str_trim(sip_str_make(line.p, equals));
		line = sip_str_trim(sip_str_from(line, equals + 1));
		if (SIP_STR_IS(name, "signal"))
			*signal = read_signal(line);
		if (SIP_STR_IS(name, "duration"))
			duration->is_there = sip_str_to_u32(line, UINT32_MAX, &duration->value) == SIP_OK;
	}
	return SIP_OK;
}

static enum sip_err read_digit(struct sip_str bytes, const struct sip_content_limits *limits, char *signal,
			       struct sip_content_number *duration)
{
	enum sip_err err = SIP_OK;

	limits = sip__limits(limits);
	*signal = '\0';
	if (bytes.len > limits->bytes)
		return SIP_E_LIMIT;
	if (sip_str_find(bytes, '=') < bytes.len)
		err = read_lines(bytes, limits->parts, signal, duration);
	else
		*signal = read_signal(sip_str_trim(bytes));
	return err == SIP_OK && !*signal ? SIP_E_SYNTAX : err;
}

enum sip_err sip_dtmf_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits, struct sip_dtmf **out)
{
	struct sip_dtmf *x = sip_arena_alloc_zero(arena, sizeof *x);
	struct sip_content_number unsaid;
	enum sip_err err = x ? read_digit(bytes, limits, &x->signal, &unsaid) : SIP_E_NOMEM;

	*out = err == SIP_OK ? x : NULL;
	return err;
}

enum sip_err sip_dtmf_relay_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				  struct sip_dtmf_relay **out)
{
	struct sip_dtmf_relay *x = sip_arena_alloc_zero(arena, sizeof *x);
	enum sip_err err = x ? read_digit(bytes, limits, &x->signal, &x->duration) : SIP_E_NOMEM;

	*out = err == SIP_OK ? x : NULL;
	return err;
}

static void put_signal(struct sip_buf *b, char signal)
{
	if (!signal || !strchr(signals, signal))
		sip__buf_fail(b, SIP_E_INVAL);
	sip_buf_put_char(b, signal);
}

void sip_dtmf_put(struct sip_buf *b, const struct sip_dtmf *x)
{
	put_signal(b, x->signal);
}

void sip_dtmf_relay_put(struct sip_buf *b, const struct sip_dtmf_relay *x)
{
	SIP_BUF_LIT(b, "Signal=");
	put_signal(b, x->signal);
	if (x->duration.is_there)
		sip_buf_putf(b, "\r\nDuration=%u", x->duration.value);
	SIP_BUF_LIT(b, "\r\n");
}

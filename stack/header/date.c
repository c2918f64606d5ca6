/* "Sat, 13 Nov 2010 23:29:00 GMT". No state, any thread. RFC 3261 20.17, RFC 2616 3.3.1 rfc1123-date. */
#include "stack/header/header_priv.h"

#define EPOCH_DAYS 719468 /* from the first of March of the year 0 */
#define DAY 86400
#define FIRST_SECOND (-INT64_C(62167219200)) /* of the year 0, a Saturday */
#define LAST_SECOND INT64_C(253402300799)    /* of the year 9999 */

static const char weekdays[] = "MonTueWedThuFriSatSun";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days since 1970 of a day of the Gregorian calendar: years begin with March, so that the leap day is the last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = (y < 0 ? y - 399 : y) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

static unsigned days_in(uint32_t year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap ? 1u : 0);
}

/* One of the names of three letters in `names`, from 1 on; 0: none. */
static unsigned take_name(struct sip_scan *s, const char *names)
{
	struct sip_str word = sip_scan_run(s, SIP_CC_ALPHA);

	for (unsigned i = 0; word.len == 3 && names[3 * i]; i++)
		if (sip_str_eq_nocase(word, sip_str_make(names + 3 * (size_t)i, 3)))
			return i + 1;
	return 0;
}

static bool take_time(struct sip_scan *s, uint32_t *seconds)
{
	uint32_t hour = (uint32_t)sip_scan_number(s, 23), minute, second;

	sip_scan_expect(s, ':');
	minute = (uint32_t)sip_scan_number(s, 59);
	sip_scan_expect(s, ':');
	second = (uint32_t)sip_scan_number(s, 60);
	*seconds = hour * 3600 + minute * 60 + (second < 60 ? second : 59);
	return sip_scan_is_ok(s);
}

enum sip_err sip_date_parse(struct sip_str value, struct sip_date *out)
{
	struct sip_scan s;
	uint32_t day, year, time;
	unsigned month;
	struct sip_str zone;

	out->seconds = 0;
	sip_scan_init(&s, value);
	if (!take_name(&s, weekdays))
		return SIP_E_SYNTAX;
	sip_scan_expect(&s, ',');
	sip_scan_lws(&s);
	day = (uint32_t)sip_scan_number(&s, 31);
	sip_scan_lws(&s);
	month = take_name(&s, months);
	sip_scan_lws(&s);
	year = (uint32_t)sip_scan_number(&s, 9999);
	sip_scan_lws(&s);
	if (!take_time(&s, &time) || month == 0 || day == 0 || day > days_in(year, month))
		return SIP_E_SYNTAX;
	sip_scan_lws(&s);
	zone = sip_scan_run(&s, SIP_CC_ALPHA);
	if (!sip_str_eq_nocase(zone, SIP_STR("GMT")) || !sip_scan_is_end(&s))
		return SIP_E_SYNTAX;
	out->seconds = days_of(year, month, day) * DAY + time;
	return SIP_OK;
}

void sip_date_put(struct sip_buf *b, const struct sip_date *d)
{
	if (d->seconds < FIRST_SECOND || d->seconds > LAST_SECOND) {
		if (b->err == SIP_OK)
			b->err = SIP_E_INVAL;
		return;
	}
	/* days_of backwards. 400 years are added, since the first two months are before the first of March. */
	int64_t since = d->seconds - FIRST_SECOND, days = since / DAY, march = days - 60 + 146097;
	unsigned era = (unsigned)(march / 146097), of_era = (unsigned)(march % 146097), time = (unsigned)(since % DAY);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
	unsigned day = of_year - (153 * month + 2) / 5 + 1;
	month = month < 10 ? month + 2 : month - 10;
	year += 400 * era - 400 + (month < 2);
	sip_buf_putf(b, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", weekdays + 3 * ((days + 5) % 7), day, months + 3 * (size_t)month, year,
		     time / 3600, time / 60 % 60, time % 60);
}

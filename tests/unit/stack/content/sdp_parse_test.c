#include "tests/unit/stack/content/sdp_rooms_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"

/* RFC 8866 5, the example; with what else there is. */
static const char full[] = "v=0\r\n"
			   "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
			   "s=Call to John Smith\r\n"
			   "i=SDP Offer #1\r\n"
			   "u=http://www.jdoe.example.com/home.html\r\n"
			   "e=Jane Doe <jane@jdoe.example.com>\r\n"
			   "e=other@example.com\r\n"
			   "p=+1 617 555-6011\r\n"
			   "c=IN IP4 233.252.0.1/127/3\r\n"
			   "b=CT:1024\r\n"
			   "b=X-YZ:128\r\n"
			   "t=3724394400 3724398000\r\n"
			   "r=604800 3600 0 90000\r\n"
			   "r=7d 1h 0 25h\r\n"
			   "z=3730928400 -1h 3749680800 0\r\n"
			   "t=0 0\r\n"
			   "k=prompt\r\n"
			   "a=recvonly\r\n"
			   "a=x-what: anything at all \r\n"
			   "y=a line of tomorrow\r\n"
			   "m=audio 49170/2 RTP/AVP 0 8 97\r\n"
			   "i=the left one\r\n"
			   "c=IN IP6 ff15::101/3\r\n"
			   "c=IN IP6 2001:db8::2\r\n"
			   "c=ATM NSAP 47.0091.8100/7\r\n"
			   "b=TIAS:64000\r\n"
			   "k=clear:secret\r\n"
			   "a=rtpmap:97 iLBC/8000\r\n"
			   "a=empty:\r\n"
			   "m=video 0 RTP/AVP 99\r\n"
			   "X=1\r\n";

static void check_full(const struct sip_sdp *sdp)
{
	const struct sip_sdp_media *m = sdp->media;

	UNIT_STR(sdp->origin.username, "jdoe");
	UNIT_STR(sdp->origin.session_version, "3724394405");
	UNIT_STR(sdp->name, "Call to John Smith");
	UNIT_EQ(sdp->email_count, 2);
	UNIT_STR(sdp->emails[1], "other@example.com");
	UNIT_EQ(sdp->phone_count, 1);
	UNIT_STR(sdp->section.connections[0].address, "233.252.0.1");
	UNIT_EQ(sdp->section.connections[0].ttl, 127);
	UNIT_EQ(sdp->section.connections[0].count, 3);
	UNIT_EQ(sdp->timing_count, 2);
	UNIT_EQ(sdp->timings[0].repeat_count, 2);
	UNIT_EQ(sdp->timings[0].repeats[1].offset_count, 2);
	UNIT_EQ(sip_sdp_time_seconds(&sdp->timings[0].repeats[1].offsets[1]), 90000);
	UNIT_EQ(sdp->timings[0].zone_count, 2);
	UNIT_EQ(sip_sdp_time_seconds(&sdp->timings[0].zones[0].offset), -3600);
	UNIT_EQ(sdp->timings[1].repeat_count, 0);
	UNIT_EQ(sdp->section.attribute_count, 2);
	UNIT_STR(sdp->section.attributes[1].value, " anything at all ");
	UNIT_EQ(sdp->section.other_count, 1);
	UNIT_EQ(sdp->media_count, 2);
	UNIT_EQ(m[0].port, 49170);
	UNIT_EQ(m[0].port_count, 2);
	UNIT_EQ(m[0].format_count, 3);
	UNIT_EQ(m[0].section.connection_count, 3);
	UNIT_EQ(m[0].section.connections[0].count, 3);
	UNIT_STR(m[0].section.connections[2].address, "47.0091.8100/7");
	UNIT_EQ(m[0].section.attribute_count, 2);
	UNIT_EQ(m[0].section.attributes[1].value.len, 0);
	UNIT_CHECK(m[0].section.attributes[1].value.p != NULL);
	UNIT_EQ(m[1].section.attribute_count, 0);
	UNIT_EQ(m[1].section.others[0].type, 'X');
}

static enum sip_err test_sdp_parse_everything_gives_its_parts_and_is_written_the_same(void)
{
	struct sip_arena arena;
	struct sip_sdp_where where;
	struct sip_sdp *sdp;
	struct sip_buf b;
	enum sip_err err;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	sip_buf_init(&b, 0);
	UNIT_TRY(sip_sdp_parse_where(&arena, sip_str_of(full), &sip_content_limits_default, &sdp, &where));
	UNIT_EQ(where.line, 0);
	check_full(sdp);
	sip_sdp_put(&b, sdp);
	UNIT_TRY(b.err);
	UNIT_STR(sip_buf_str(&b), full);
out:
	sip_buf_fini(&b);
	sip_arena_fini(&arena);
	return err;
}

/* What peers send, and how it is written. */
static enum sip_err test_sdp_parse_loose_ones_are_read_and_written_strictly(void)
{
	static const char *const loose[][2] = {
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1", "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n" },
		{ "\r\n\nv=0 \n\n  \no=-  1 1 IN IP4\t192.0.2.1 \ns=\r\r\nt=0 0\n\n\n",
		 "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n" },
		{ "v=0\nt=0 0\na=x\no=- 1 1 IN IP4 a.example\nc=IN IP4 192.0.2.1 \ns= \n",
		  "v=0\no=- 1 1 IN IP4 a.example\ns= \nc=IN IP4 192.0.2.1\nt=0 0\na=x\n" },
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1\ni=\nu=\ne= \np=\nk=\n", "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n" },
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 0 RTP/AVP\n",
		 "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 0 RTP/AVP 0\n" },
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 0\nm=video 36924 RTP/AVP\na=x\n",
		  "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 1 RTP/AVP 0\nm=video 0 RTP/AVP 0\na=x\n" },
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1\nm=video 0 RTP/AVP\na=x\na=bundle-only\na=mid:a\n",
		  "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=video 0 RTP/AVP 0\na=x\na=mid:a\n" },
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 1  RTP/AVP 0 8 \na= sendrecv \na=x :y\nb=AS : 64\n",
		  "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 1 RTP/AVP 0 8\nb=AS:64\na=sendrecv\na=x:y\n" },
		/* What RFC 8866 has no place for. */
		{ "v=0\no=- 1 1 IN IP4 a\nc=IN IP4 b\nc=IN IP4 c\nm=audio 1 RTP/AVP 0\nc=IN IP4 d\nc=IN IP4 e\n",
		  "v=0\no=- 1 1 IN IP4 a\ns=-\nc=IN IP4 b\nt=0 0\nm=audio 1 RTP/AVP 0\nc=IN IP4 d\nc=IN IP4 e\n" },
		{ "v=0\no=- 1 1 IN IP4 a\nt=1 2\nz=3 1h\n", "v=0\no=- 1 1 IN IP4 a\ns=-\nt=1 2\n" },
		{ "v=0\no=- 1 1 IN IP4 a\nt=1 2\nr=7d 1h 0\nt=3 4\nz=3 1h\n", "v=0\no=- 1 1 IN IP4 a\ns=-\nt=1 2\nr=7d 1h 0\nz=3 1h\nt=3 4\n" },
		{ "v=0\no=- 1 1 IN IP4 a\na=fmtp 101:0-15\na=b \na=c d\n", "v=0\no=- 1 1 IN IP4 a\ns=-\nt=0 0\na=b\n" },
	};
	struct sip_arena arena;
	struct sip_sdp *sdp;
	enum sip_err err = SIP_OK;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	for (size_t i = 0; i < SIP_COUNTOF(loose); i++) {
		UNIT_TRY(sdp_read(&arena, loose[i][0], &sdp));
		SDP_TEXT(sdp, loose[i][1]);
	}
out:
	sip_arena_fini(&arena);
	return err;
}

static enum sip_err test_sdp_parse_broken_ones_say_where(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *at;
	} broken[] = {
		{ "", 0, "" },
		{ "\n \n", 2, "" },
		{ "o=- 1 1 IN IP4 192.0.2.1\n", 1, "o=- 1 1 IN IP4 192.0.2.1" },
		{ "v=1\n", 1, "v=1" },
		{ "v=0\n", 1, "v=0" },
		{ "v=0\nv=0\n", 2, "v=0" },
		{ "v=0\no=- 1 IN IP4 192.0.2.1\n", 2, "o=- 1 IN IP4 192.0.2.1" },
		{ "v=0\no=- 1 1 IN IP4 192.0.2.1 x\n", 2, "o=- 1 1 IN IP4 192.0.2.1 x" },
		{ "v=0\no=- 1 x IN IP4 192.0.2.1\n", 2, "o=- 1 x IN IP4 192.0.2.1" },
		{ HEAD "s=again\n", 4, "s=again" },
		{ HEAD "m\n", 4, "m" },
		{ HEAD "m :1\n", 4, "m :1" },
		{ HEAD "1=1\n", 4, "1=1" },
		{ HEAD "i=a\rb\n", 4, "i=a\rb" },
		{ HEAD "c=IN IP4\n", 4, "c=IN IP4" },
		{ HEAD "c=IN IP4 /1\n", 4, "c=IN IP4 /1" },
		{ HEAD "c=IN IP4 1.1.1.1/256\n", 4, "c=IN IP4 1.1.1.1/256" },
		{ HEAD "c=IN IP4 1.1.1.1/1/0\n", 4, "c=IN IP4 1.1.1.1/1/0" },
		{ HEAD "c=IN IP6 ff15::1/\n", 4, "c=IN IP6 ff15::1/" },
		{ HEAD "c=IN IP4 1.1.1.1 x\n", 4, "c=IN IP4 1.1.1.1 x" },
		{ HEAD "b=AS\n", 4, "b=AS" },
		{ HEAD "b=:1\n", 4, "b=:1" },
		{ HEAD "b=A S:1\n", 4, "b=A S:1" },
		{ HEAD "b=AS:1.5\n", 4, "b=AS:1.5" },
		{ HEAD "t=0\n", 4, "t=0" },
		{ HEAD "t=0 0 0\n", 4, "t=0 0 0" },
		{ HEAD "r=1 2 3\n", 4, "r=1 2 3" },
		{ HEAD "t=0 0\nr=1 2\n", 5, "r=1 2" },
		{ HEAD "t=0 0\nr=1 -2 3\n", 5, "r=1 -2 3" },
		{ HEAD "t=0 0\nr=1 2 3w\n", 5, "r=1 2 3w" },
		{ HEAD "t=0 0\nr=1 2 h\n", 5, "r=1 2 h" },
		{ HEAD "z=0 0\n", 4, "z=0 0" },
		{ HEAD "t=0 0\nz=0\n", 5, "z=0" },
		{ HEAD "t=0 0\nz=0 --1\n", 5, "z=0 --1" },
		{ HEAD "t=0 0\nz=0 1\nz=0 1\n", 6, "z=0 1" },
		{ HEAD "a=\n", 4, "a=" },
		{ HEAD "a=:x\n", 4, "a=:x" },
		{ HEAD "m=audio\n", 4, "m=audio" },
		{ HEAD "m=audio x RTP/AVP 0\n", 4, "m=audio x RTP/AVP 0" },
		{ HEAD "m=audio 65536 RTP/AVP 0\n", 4, "m=audio 65536 RTP/AVP 0" },
		{ HEAD "m=audio 1/0 RTP/AVP 0\n", 4, "m=audio 1/0 RTP/AVP 0" },
		{ HEAD "m=audio 1\n", 4, "m=audio 1" },
		{ HEAD "m=audio 1 RTP/AVP 0\r\nt=0 0\r\n", 5, "t=0 0" },
		{ HEAD "m=audio 1 RTP/AVP 0\r\ni=a\r\ni=b\r\n", 6, "i=b" },
	};
	struct sip_arena arena;
	enum sip_err err = SIP_OK;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	for (size_t i = 0; i < SIP_COUNTOF(broken); i++) {
		struct sip_sdp *sdp;
		struct sip_sdp_where where;
		err = sip_sdp_parse_where(&arena, sip_str_of(broken[i].text), &sip_content_limits_default, &sdp, &where);
		UNIT_CHECK(sdp == NULL);
		if (err == SIP_E_NOMEM)
			goto out;
		unit_check(err == SIP_E_SYNTAX, broken[i].text, __FILE__, __LINE__);
		unit_check(where.line == broken[i].line, broken[i].text, __FILE__, __LINE__);
		UNIT_STR(where.text, broken[i].at);
	}
	err = SIP_OK;
out:
	sip_arena_fini(&arena);
	return err;
}

static enum sip_err test_sdp_parse_zero_byte_is_broken(void)
{
	struct sip_arena arena;
	struct sip_sdp *sdp;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	UNIT_EQ(sip_sdp_parse(&arena, SIP_STR("v=0\no=- 1 1 IN IP4 a\na=x\0y\n"), &sip_content_limits_default, &sdp), SIP_E_SYNTAX);
	sip_arena_fini(&arena);
	return SIP_OK;
}

/* Each kind of line once more than there may be of it. */
static enum sip_err test_sdp_parse_more_than_the_limits_is_refused(void)
{
	static const char *const lines[] = { "e=a\n",	      "p=1\n",	 "c=IN IP4 a\n", "b=AS:1\n", "a=x\n",
					     "t=0 0\n",	      "y=1\n",	 "m=a 1 b c\n" };
	static const char *const words[] = { HEAD "m=a 1 b 1 2 3 4\n", HEAD "t=0 0\nr=1 2 3 4\n", HEAD "t=0 0\nz=0 0 1 1\n",
					     HEAD "t=0 0\nr=1 2 3\nr=1 2 3\nr=1 2 3\nr=1 2 3\n" };
	const struct sip_content_limits limits = { .bytes = 200, .parts = 3, .depth = 1 };
	struct sip_arena arena;
	struct sip_sdp *sdp;
	struct sip_buf b;
	enum sip_err err = SIP_OK;

	sip_arena_init(&arena, NULL, 0, SDP_ROOM);
	sip_buf_init(&b, 0);
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		sip_buf_clear(&b);
		SIP_BUF_LIT(&b, HEAD);
		for (int n = 0; n < 3; n++)
			sip_buf_put_z(&b, lines[i]);
		UNIT_TRY(b.err);
		UNIT_TRY(sip_sdp_parse(&arena, sip_buf_str(&b), &limits, &sdp));
		sip_buf_put_z(&b, lines[i]);
		UNIT_TRY(b.err);
		err = sip_sdp_parse(&arena, sip_buf_str(&b), &limits, &sdp);
		if (err == SIP_E_NOMEM)
			goto out;
		unit_check(err == SIP_E_LIMIT, lines[i], __FILE__, __LINE__);
	}
	for (size_t i = 0; i < SIP_COUNTOF(words); i++) {
		err = sip_sdp_parse(&arena, sip_str_of(words[i]), &limits, &sdp);
		if (err == SIP_E_NOMEM)
			goto out;
		unit_check(err == SIP_E_LIMIT, words[i], __FILE__, __LINE__);
	}
	while (b.len <= limits.bytes && b.err == SIP_OK)
		sip_buf_put_z(&b, "\n");
	UNIT_TRY(b.err);
	UNIT_EQ(sip_sdp_parse(&arena, sip_buf_str(&b), &limits, &sdp), SIP_E_LIMIT);
	err = SIP_OK;
out:
	sip_buf_fini(&b);
	sip_arena_fini(&arena);
	return err;
}

/* ---- what means harm ------------------------------------------------------------------------------------------------------- */

static double milliseconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Read within 10 ms (500 where a build is slow: valgrind, sanitizers) and within the arena. */
static enum sip_err read_hostile(struct sip_str text, enum sip_err expected)
{
	double most = getenv("STROWGER_SLOW") ? 500 : 10, best = 1e9;
	struct sip_arena arena;
	struct sip_sdp *sdp;
	enum sip_err err = SIP_OK;

	for (int i = 0; i < 5 && best >= most; i++) {
		sip_arena_init(&arena, NULL, 0, SDP_ROOM);
		double from = milliseconds();
		err = sip_sdp_parse(&arena, text, &sip_content_limits_default, &sdp);
		double took = milliseconds() - from;
		best = took < best ? took : best;
		sip_arena_fini(&arena);
	}
	UNIT_CHECK(err == expected || err == SIP_E_NOMEM);
	UNIT_CHECK(best < most);
	return err == SIP_E_NOMEM ? err : SIP_OK;
}

static enum sip_err test_sdp_parse_64_kibibytes_of_one_byte(void)
{
	enum { SIZE = 65536 };
	static char text[SIZE + sizeof HEAD + 8];
	static const char heads[][8] = { "", "a=", "m=", "c=", "t=", "z=", "y=", "s=" };
	enum sip_err err = SIP_OK;

	for (unsigned c = 0; c < 256 && err == SIP_OK; c++) {
		memset(text, (int)c, SIZE);
		err = read_hostile(sip_str_make(text, SIZE), SIP_E_SYNTAX);
	}
	for (size_t i = 0; i < SIP_COUNTOF(heads) && err == SIP_OK; i++) {
		size_t n = (size_t)snprintf(text, sizeof text, "v=0\no=- 1 1 IN IP4 a\n%s", heads[i]);
		bool is_read = i == 1 || i == 6 || i == 7;
		memset(text + n, '1', SIZE - n);
		err = read_hostile(sip_str_make(text, SIZE), is_read ? SIP_OK : SIP_E_SYNTAX);
	}
	return err;
}

static enum sip_err test_sdp_parse_ten_thousand_lines(void)
{
	static const struct {
		const char *line;
		enum sip_err err;
	} lines[] = {
		{ "a=rtpmap:0 PCMU/8000\r\n", SIP_E_LIMIT }, { "m=audio 1 RTP/AVP 0\r\n", SIP_E_LIMIT },
		{ "t=0 0\r\n", SIP_E_LIMIT },
		{ "\r\n", SIP_OK }, { "y=\r\n", SIP_E_LIMIT }, { "r=1 2 3\r\n", SIP_E_SYNTAX }, { "c=IN IP4 a\r\n", SIP_E_LIMIT },
	};
	struct sip_buf b;
	enum sip_err err = SIP_OK;

	sip_buf_init(&b, 0);
	for (size_t i = 0; i < SIP_COUNTOF(lines) && err == SIP_OK; i++) {
		sip_buf_clear(&b);
		SIP_BUF_LIT(&b, HEAD);
		for (int n = 0; n < 10000; n++)
			sip_buf_put_z(&b, lines[i].line);
		err = b.err == SIP_OK ? read_hostile(sip_buf_str(&b), lines[i].err) : b.err;
	}
	sip_buf_fini(&b);
	return err;
}

/* What is past the limits is so before anything is made for it. */
static enum sip_err test_sdp_parse_makes_no_room_for_what_is_too_much(void)
{
	static const char *const lines[] = { "m=\n", "t=\n", "e=\n", "p=\n" };
	struct sip_arena arena;
	struct sip_sdp *sdp;
	struct sip_buf b;
	enum sip_err err = SIP_OK;

	sip_arena_init(&arena, NULL, 0, 64 << 10);
	sip_buf_init(&b, 1 << 20);
	for (size_t i = 0; i < SIP_COUNTOF(lines); i++) {
		sip_buf_clear(&b);
		SIP_BUF_LIT(&b, HEAD);
		for (int n = 0; n < 100000; n++)
			sip_buf_put_z(&b, lines[i]);
		UNIT_TRY(b.err);
		UNIT_EQ(sip_sdp_parse(&arena, sip_buf_str(&b), NULL, &sdp), SIP_E_LIMIT);
	}
	UNIT_TRY(sip_sdp_parse(&arena, SIP_STR(HEAD), NULL, &sdp));
out:
	sip_buf_fini(&b);
	sip_arena_fini(&arena);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_sdp_parse_makes_no_room_for_what_is_too_much),
	UNIT_CASE(test_sdp_parse_everything_gives_its_parts_and_is_written_the_same),
	UNIT_CASE(test_sdp_parse_loose_ones_are_read_and_written_strictly),
	UNIT_CASE(test_sdp_parse_broken_ones_say_where),
	UNIT_CASE(test_sdp_parse_zero_byte_is_broken),
	UNIT_CASE(test_sdp_parse_more_than_the_limits_is_refused),
	UNIT_CASE_DEAR(test_sdp_parse_64_kibibytes_of_one_byte),
	UNIT_CASE_DEAR(test_sdp_parse_ten_thousand_lines),
};
SUITE(sdp_parse);

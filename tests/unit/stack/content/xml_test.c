/* XML read: what is refused before the library sees it, and how texts and namespaces come out; forms written. */
#include "stack/content/xml_priv.h"

#include "stack/content/pidf.h"
#include "stack/content/resource_lists.h"
#include "stack/content/watcherinfo.h"
#include "tests/unit/stack/content/content_rooms_test.h"

#define PIDF "application/pidf+xml"
#define SPACE "xmlns='urn:ietf:params:xml:ns:pidf'"
#define START "<presence " SPACE " entity='e'>"

static enum sip_err test_xml_has_its_library(void)
{
	UNIT_CHECK(sip_content_has_xml());
	return SIP_OK;
}

static enum sip_err test_xml_texts_are_collected_and_trimmed(void)
{
	static const char *const documents[][2] = {
		{ START "<note>a</note></presence>", "a" },
		{ START "<note> \r\n a  b\t</note></presence>", "a  b" },
		{ START "<note>a &lt;b&gt; &amp;&#65;&#x42;&quot;&apos;</note></presence>", "a <b> &AB\"'" },
		{ START "<note>a<!-- not this -->b<?nor this?>c<![CDATA[<d>&]]></note></presence>", "abc<d>&" },
		{ START "<note>a<x:b xmlns:x='urn:x'>skipped</x:b>c</note></presence>", "ac" },
		{ START "<note>a<basic>b</basic>c</note></presence>", "a" },
		{ START "<note/></presence>", "" }, { START "<note></note></presence>", "" },
		{ "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>" START "<note>\xc3\xbc</note></presence>", "\xc3\xbc" },
		{ "<?xml version='1.0' encoding='us-ascii'?>" START "<note>\xc3\xbc</note></presence>", "\xc3\xbc" },
		{ "<p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' entity='e'><p:note>p</p:note><note>no</note></p:presence>", "p" },
		{ "<presence entity='e' " SPACE "><o:note xmlns:o='urn:o'>no</o:note><note a:b='c' xmlns:a='urn:a'>y</note></presence>", "y" },
		{ START "<note x='>' y=\"'/>\" >y</note ></presence >", "y" },
	};
	enum sip_err err = SIP_OK;
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(documents); i++) {
		UNIT_TRY(bed_parse(&b, PIDF, sip_str_of(documents[i][0]), &c));
		const struct sip_pidf *x = sip_content_form(&c, SIP_CONTENT_PIDF);
		UNIT_STR(x->entity, "e");
		UNIT_TRY_PTR(x->notes);
		unit_check_str(x->notes->text, sip_str_of(documents[i][1]), documents[i][0], __FILE__, __LINE__);
		UNIT_CHECK(x->notes->next == NULL);
	}
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_xml_parse_refuses_what_is_not_well_formed(void)
{
	static const char *const documents[] = {
		"", " ", "text", "<", "<>", "< a/>", "<a", "<a ", "<a b", "<a b=", "<a b='", "<a b='<'/>", "<a b=c/>", "<a b='c'd='e'/>", "<a/ >",
		"<a / >", "</a>", "<a></a", "<a></>", "<a></a b='c'>", "<!-- ", "<![CDATA[", "<?", "<!DOCTYPE a><a/>", "<!ENTITY a 'b'>",
		"<!--a--><!DOCTYPE a [<!ENTITY b 'c'>]>" START "</presence>", "<presence " SPACE "/>", "<presence entity='e'/>",
		"<x:presence " SPACE " entity='e'/>", START "</presence>" START "</presence>", START "</presenc>", START "<note></presence>",
		START "&b;</presence>", START "&#0;</presence>", START "\x01</presence>", START "\xff</presence>", START "]]></presence>",
		START "<note a='1' a='2'/></presence>", START "<1/></presence>", START "<a:b/></presence>", START "</presence>text",
		"<status " SPACE " entity='e'/>", START "<tuple/></presence>", "<dialog-info " SPACE " entity='e'/>",
		START "<tuple id='a'><r:user-input xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' idle-threshold='x'/></tuple></presence>",
		"<?xml version='1.0'?><?xml version='1.0'?>" START "</presence>", START "<!-- a -- b --></presence>",
	};
	for (size_t i = 0; i < SIP_COUNTOF(documents); i++)
		if (bed_refused(PIDF, documents[i], SIP_E_SYNTAX) != SIP_OK)
			return SIP_E_NOMEM;
	return SIP_OK;
}

/* A byte of zero, and another encoding, would show the library another document. */
static enum sip_err test_xml_parse_refuses_what_hides_tags(void)
{
	static const char zero[] = START "\0</presence>", utf_16[] = "\xff\xfe<\0p\0/\0>\0";
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	UNIT_EQ(bed_parse(&b, PIDF, sip_str_make(zero, sizeof zero - 1), &c), SIP_E_SYNTAX);
	UNIT_EQ(bed_parse(&b, PIDF, sip_str_make(utf_16, sizeof utf_16 - 1), &c), SIP_E_SYNTAX);
	bed_fini(&b);
	return SIP_OK;
}

static enum sip_err test_xml_scan_is_within_limits(void)
{
	static const struct {
		const char *text;
		struct sip_content_limits limits;
		enum sip_err err;
	} documents[] = {
		{ "<a><b/></a>", { 100, 2, 1 }, SIP_E_LIMIT }, { "<a><b/></a>", { 100, 2, 2 }, SIP_OK }, { "<a><b/></a>", { 100, 1, 2 }, SIP_E_LIMIT },
		{ "<a><b/></a>", { 10, 2, 2 }, SIP_E_LIMIT }, { "<a a='' b='' c='' d=''/>", { 100, 1, 2 }, SIP_OK },
		{ "<a a='' b='' c='' d='' e=''/>", { 100, 1, 2 }, SIP_E_LIMIT }, { "<a/><!--1--><!--2--><?3?><![CDATA[4]]>", { 100, 1, 2 }, SIP_OK },
		{ "<a/><!--1--><!--2--><?3?><![CDATA[4]]><!---->", { 100, 1, 2 }, SIP_E_LIMIT }, { "<a/>", { 100, 1, 0 }, SIP_E_LIMIT },
		{ "<a><b></b><b></b></a>", { 100, UINT32_MAX, UINT32_MAX }, SIP_OK },
	};
	for (size_t i = 0; i < SIP_COUNTOF(documents); i++)
		unit_check(sip__xml_scan(sip_str_of(documents[i].text), &documents[i].limits) == documents[i].err, documents[i].text, __FILE__,
			   __LINE__);
	return SIP_OK;
}

/* RFC 3863 4.2.3: what must be understood takes with it what it is in; below what is unknown itself it does not matter. */
static enum sip_err test_pidf_must_understand_spoils_what_holds_it(void)
{
#define X "<x:y xmlns:x='urn:x' xmlns:p='urn:ietf:params:xml:ns:pidf' p:mustUnderstand="
	static const struct {
		const char *text;
		bool has_tuple;
	} documents[] = {
		{ START "<tuple id='a'>" X "'1'/></tuple></presence>", false }, { START "<tuple id='a'>" X "' true '/></tuple></presence>", false },
		{ START "<tuple id='a'>" X "'0'/></tuple></presence>", true },
		{ START "<tuple id='a'><x:z xmlns:x='urn:x'>" X "'1'/></x:z></tuple></presence>", true },
	};
	enum sip_err err = SIP_OK;
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(documents); i++) {
		UNIT_TRY(bed_parse(&b, PIDF, sip_str_of(documents[i].text), &c));
		const struct sip_pidf *x = sip_content_form(&c, SIP_CONTENT_PIDF);
		unit_check((x->tuples != NULL) == documents[i].has_tuple, documents[i].text, __FILE__, __LINE__);
	}
	UNIT_TRY(bed_refused(PIDF, START X "'1'/></presence>", SIP_E_SYNTAX));
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_xml_numbers_and_booleans(void)
{
#define LIST(attributes) "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='u' " attributes "/>"
	static const char rlmi[] = "application/rlmi+xml";
	enum sip_err err;

	err = bed_round(rlmi, LIST("version='7' fullState='1'"), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
			"<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"u\" version=\"7\" fullState=\"true\"/>\r\n");
	if (err == SIP_OK)
		err = bed_round(rlmi, LIST("version='99999999999' fullState='false'"), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
				"<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"u\" version=\"4294967295\" fullState=\"false\"/>\r\n");
	if (err == SIP_OK)
		err = bed_round(rlmi, LIST("version='7' fullState='0'"), NULL);
	if (err == SIP_OK)
		err = bed_refused(rlmi, LIST("version='x' fullState='0'"), SIP_E_SYNTAX);
	if (err == SIP_OK)
		err = bed_refused(rlmi, LIST("version='1' fullState='yes'"), SIP_E_SYNTAX);
	return err == SIP_OK ? bed_refused(rlmi, LIST("version='1'"), SIP_E_SYNTAX) : err;
}

/* RFC 4235 4.1.6.1 and 4.1.5 say "display", the schema of 4.4 "display-name". */
static enum sip_err test_dialog_info_when_a_name_is_called_either_way_then_it_is_display(void)
{
#define INFO(attributes) "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"1\" state=\"full\" entity=\"e\">" \
	"<dialog id=\"1\"><referred-by" attributes ">sip:b@x</referred-by></dialog></dialog-info>"
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	static const char info[] = "application/dialog-info+xml", written[] = DECLARATION INFO(" display=\"Bob\"") "\r\n";
	enum sip_err err = bed_round(info, INFO(" display='Bob'"), written);

	if (err == SIP_OK)
		err = bed_round(info, INFO(" display-name='Bob'"), written);
	if (err == SIP_OK)
		err = bed_round(info, INFO(" display-name='Robert' display='Bob'"), written);
	return err == SIP_OK ? bed_round(info, INFO(""), DECLARATION INFO("") "\r\n") : err;
}

/* The examples of RFC 4119 2.3 say yes and no, its schema xs:boolean. */
static enum sip_err test_pidf_when_retransmission_is_allowed_in_words_then_it_is_a_boolean(void)
{
#define RULES(word) "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:a@x'><tuple id='a'><status>" \
	"<g:geopriv xmlns:g='urn:ietf:params:xml:ns:pidf:geopriv10'><g:usage-rules>" \
	"<b:retransmission-allowed xmlns:b='urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy'>" word "</b:retransmission-allowed>" \
	"</g:usage-rules></g:geopriv></status></tuple></presence>"
	static const struct {
		const char *text;
		uint32_t value;
	} documents[] = {
		{ RULES("yes"), 1 }, { RULES("true"), 1 }, { RULES("1"), 1 }, { RULES("no\n "), 0 }, { RULES("false"), 0 }, { RULES("0"), 0 },
	};
	enum sip_err err = SIP_OK;
	struct sip_content c;
	struct bed b;

	bed_init(&b);
	for (size_t i = 0; i < SIP_COUNTOF(documents); i++) {
		UNIT_TRY(bed_parse(&b, PIDF, sip_str_of(documents[i].text), &c));
		const struct sip_pidf *x = sip_content_form(&c, SIP_CONTENT_PIDF);
		UNIT_TRY_PTR(x);
		const struct sip_content_number *may = &x->tuples->status->geopriv->rules->may_retransmit;
		unit_check(may->is_there && may->value == documents[i].value, documents[i].text, __FILE__, __LINE__);
		UNIT_TRY(bed_put(&b, &c));
		const char *written = documents[i].value ? ">true<" : ">false<";
		unit_check(strstr(sip_buf_z(&b.out), written) != NULL, documents[i].text, __FILE__, __LINE__);
	}
	UNIT_TRY(bed_refused(PIDF, RULES("maybe"), SIP_E_SYNTAX));
out:
	bed_fini(&b);
	return err;
}

/* ---- writing ---- */

static enum sip_err test_xml_put_escapes_what_has_to_be(void)
{
	struct sip_pidf_note note = { .lang = SIP_STR_INIT("a\"\t\r\n<&>'"), .text = SIP_STR_INIT("a\"\t\r\n<&>]]>\xf0\x9f\x98\x80") };
	struct sip_pidf x = { .entity = SIP_STR_INIT("e"), .notes = &note };
	struct sip_pidf *back;
	enum sip_err err;
	struct bed b;

	bed_init(&b);
	sip_pidf_put(&b.out, &x);
	UNIT_TRY(b.out.err);
	UNIT_STR(sip_buf_str(&b.out), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"e\">"
		 "<note xml:lang=\"a&quot;&#9;&#13;&#10;&lt;&amp;&gt;'\">a\"\t&#13;\n&lt;&amp;&gt;]]&gt;\xf0\x9f\x98\x80</note></presence>\r\n");
	UNIT_TRY(sip_pidf_parse(&b.arena, sip_buf_str(&b.out), NULL, &back));
	unit_check_str(back->notes->lang, note.lang, "lang", __FILE__, __LINE__);
	unit_check_str(back->notes->text, note.text, "text", __FILE__, __LINE__);
out:
	bed_fini(&b);
	return err;
}

static enum sip_err test_xml_put_refuses_what_xml_cannot_hold(void)
{
	static const char *const texts[] = { "\x01", "\xff", "a\x1f", "\xef\xbf\xbe", "\xef\xbf\xbf", "\xc3" };
	char room[2048];
	struct sip_buf b;
	for (size_t i = 0; i < SIP_COUNTOF(texts); i++) {
		struct sip_pidf x = { .entity = sip_str_of(texts[i]) };
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_pidf_put(&b, &x);
		UNIT_EQ(b.err, SIP_E_INVAL);
	}
	struct sip_pidf nameless = { .entity = { NULL, 0 } };
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_pidf_put(&b, &nameless);
	UNIT_EQ(b.err, SIP_E_INVAL);
	static const char *const names[] = { "", "a b", "1a", "-a", "a>", "\xc3\xbc" };
	for (size_t i = 0; i < SIP_COUNTOF(names); i++) {
		struct sip_content_item item = { .name = sip_str_of(names[i]) };
		struct sip_pidf_names activities = { .names = &item };
		struct sip_pidf_person person = { .id = SIP_STR_INIT("p"), .activities = &activities };
		struct sip_pidf x = { .entity = SIP_STR_INIT("e"), .persons = &person };
		sip_buf_init_fixed(&b, room, sizeof room);
		sip_pidf_put(&b, &x);
		unit_check(b.err == SIP_E_INVAL, names[i], __FILE__, __LINE__);
	}
	return SIP_OK;
}

static enum sip_err test_xml_put_ends_at_a_depth(void)
{
	struct sip_resource_list round = { .name = SIP_STR_INIT("a") };
	struct sip_resource_lists x = { .lists = &round };
	char room[8192];
	struct sip_buf b;

	round.lists = &round;
	sip_buf_init_fixed(&b, room, sizeof room);
	sip_resource_lists_put(&b, &x);
	UNIT_EQ(b.err, SIP_E_LIMIT);
	sip_buf_init_fixed(&b, room, 40);
	x.lists = NULL;
	sip_resource_lists_put(&b, &x);
	UNIT_EQ(b.err, SIP_E_LIMIT);
	return SIP_OK;
}

/* ---- what comes from nobody's friends ---- */

#define KIBIBYTES_64 ((size_t)64 << 10)

static enum sip_err test_xml_bombs_are_refused_at_once(void)
{
	static const char *const documents[] = {
		"<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ELEMENT lolz (#PCDATA)>"
		"<!ENTITY lol1 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">"
		"<!ENTITY lol2 \"&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;\">"
		"<!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;\">]><lolz>&lol3;</lolz>",
		"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" START "<note>&x;</note></presence>",
		"<!DOCTYPE a SYSTEM \"http://192.0.2.1/a.dtd\">" START "</presence>",
		"<!DOCTYPE a [<!ENTITY % x SYSTEM \"file:///dev/zero\"> %x;]>" START "</presence>",
		"<!DOCTYPE a [<!ATTLIST presence entity CDATA 'e'>]><presence " SPACE "/>",
		START "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/>&x;</presence>",
	};
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(documents) && err == SIP_OK; i++)
		err = bed_hostile(PIDF, sip_str_of(documents[i]), SIP_E_SYNTAX, 4096);
	return err;
}

static enum sip_err test_xml_heaps_end_at_limits_at_once(void)
{
	static const struct {
		const char *start, *piece, *middle, *end;
		enum sip_err err;
	} documents[] = {
		{ START, "<a>", "", "</a>", SIP_E_LIMIT },                     /* deep */
		{ START, "<note/>", "</presence>", "", SIP_E_LIMIT },          /* many elements */
		{ "<presence " SPACE " entity='e'", " a='1'", "/>", "", SIP_E_LIMIT }, /* many attributes, all the same */
		{ "<presence " SPACE " entity='e'", " xmlns:a='b'", "/>", "", SIP_E_LIMIT },
		{ START, "<!-- -->", "</presence>", "", SIP_E_LIMIT },
		{ START, "&amp;", "</presence>", "", SIP_OK },
		{ START "<note>", "&#65;", "</note></presence>", "", SIP_OK },
		{ START "<note>", "a", "</note></presence>", "", SIP_OK },
		{ START "<note>", "]]", "</note></presence>", "", SIP_OK },
		{ START "<note lang='", "a &lt;", "'/></presence>", "", SIP_OK },
		{ START "<note><!--", "-a", "--></note></presence>", "", SIP_OK },
		{ START "<note><![CDATA[", "]>", "]]></note></presence>", "", SIP_OK },
		{ START, "<a", "", "", SIP_E_SYNTAX },
		{ START "<", "a", "/></presence>", "", SIP_E_SYNTAX },
		{ START "<a:", "b", "/></presence>", "", SIP_E_SYNTAX },
		{ START, "<!", "", "", SIP_E_SYNTAX },
		{ START, "&", "", "", SIP_E_SYNTAX },
		{ START "<note>", "\t", "</note></presence>", "", SIP_OK },
		{ START "<n a='", "\xc3\xbc", "'/></presence>", "", SIP_OK },
	};
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(documents) && err == SIP_OK; i++) {
		size_t n = KIBIBYTES_64 / strlen(documents[i].piece), len;
		char *text = bed_repeat(documents[i].start, documents[i].piece, n, documents[i].middle, documents[i].end, &len);
		if (!text)
			return SIP_E_NOMEM;
		err = bed_hostile(PIDF, sip_str_make(text, len), documents[i].err, KIBIBYTES_64 * 2);
		sip_free(text);
	}
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_xml_has_its_library),
	UNIT_CASE(test_xml_texts_are_collected_and_trimmed),
	UNIT_CASE(test_xml_parse_refuses_what_is_not_well_formed),
	UNIT_CASE(test_xml_parse_refuses_what_hides_tags),
	UNIT_CASE(test_xml_scan_is_within_limits),
	UNIT_CASE(test_pidf_must_understand_spoils_what_holds_it),
	UNIT_CASE(test_xml_numbers_and_booleans),
	UNIT_CASE(test_dialog_info_when_a_name_is_called_either_way_then_it_is_display),
	UNIT_CASE(test_pidf_when_retransmission_is_allowed_in_words_then_it_is_a_boolean),
	UNIT_CASE(test_xml_put_escapes_what_has_to_be),
	UNIT_CASE(test_xml_put_refuses_what_xml_cannot_hold),
	UNIT_CASE(test_xml_put_ends_at_a_depth),
	/* Timed; what fails for want of memory fails in those above. */
	UNIT_CASE_NO_OOM(test_xml_bombs_are_refused_at_once),
	UNIT_CASE_NO_OOM(test_xml_heaps_end_at_limits_at_once),
};
SUITE(xml);

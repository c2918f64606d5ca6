/* XML bodies of every type, as the RFCs give them, and what is written of them. */
#include "tests/unit/stack/content/content_rooms_test.h"

static const char pidf_of_rfc_3863_4_3_1[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"\n"
	"xmlns:im=\"urn:ietf:params:xml:ns:pidf:im\"\nxmlns:myex=\"http://id.example.com/presence/\"\n"
	"entity=\"pres:someone@example.com\">\n<tuple id=\"bs35r9\">\n<status>\n<basic>open</basic>\n"
	"<im:im>busy</im:im>\n<myex:location>home</myex:location>\n</status>\n"
	"<contact priority=\"0.8\">im:someone@mobilecarrier.net</contact>\n"
	"<note xml:lang=\"en\">Don't Disturb Please!</note>\n"
	"<note xml:lang=\"fr\">Ne derangez pas, s'il vous plait</note>\n<timestamp>2001-10-27T16:49:29Z</timestamp>\n"
	"</tuple>\n<tuple id=\"eg92n8\">\n<status>\n<basic>open</basic>\n</status>\n"
	"<contact priority=\"1.0\">mailto:someone@example.com</contact>\n</tuple>\n"
	"<note>I'll be in Tokyo next week</note>\n</presence>";
static const char pidf_of_rfc_3863_4_3_1_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:someone@example.com\"><tuple id=\"bs35r9\">"
	"<status><basic>open</basic></status><contact priority=\"0.8\">im:someone@mobilecarrier.net</contact>"
	"<note xml:lang=\"en\">Don't Disturb Please!</note><note xml:lang=\"fr\">Ne derangez pas, s'il vous plait</note>"
	"<timestamp>2001-10-27T16:49:29Z</timestamp></tuple><tuple id=\"eg92n8\"><status><basic>open</basic></status>"
	"<contact priority=\"1.0\">mailto:someone@example.com</contact></tuple><note>I'll be in Tokyo next week</note>"
	"</presence>\r\n";

static const char pidf_of_rfc_3863_4_3_3[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<impp:presence xmlns:impp=\"urn:ietf:params:xml:ns:pidf\"\n"
	"xmlns:myex=\"http://id.mycompany.com/presence/\"\nentity=\"pres:someone@example.com\">\n"
	"<impp:tuple id=\"tj25ds\">\n<impp:status>\n<impp:basic>open</impp:basic>\n</impp:status>\n"
	"<myex:complexExtension>\n<myex:ex1 impp:mustUnderstand=\"1\">val1</myex:ex1>\n<myex:ex2>val2</myex:ex2>\n"
	"</myex:complexExtension>\n<impp:contact priority=\"0.725\">tel:+09012345678</impp:contact>\n</impp:tuple>\n"
	"<myex:mytag>My extended presentity information</myex:mytag>\n</impp:presence>";
static const char pidf_of_rfc_3863_4_3_3_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:someone@example.com\"><tuple id=\"tj25ds\">"
	"<status><basic>open</basic></status><contact priority=\"0.725\">tel:+09012345678</contact></tuple></presence>"
	"\r\n";

static const char pidf_of_rfc_4480_4[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"\n"
	"xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"\nxmlns:lt=\"urn:ietf:params:xml:ns:location-type\"\n"
	"xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"\nentity=\"pres:someone@example.com\">\n<tuple id=\"bs35r9\">\n"
	"<status>\n<basic>open</basic>\n</status>\n<dm:deviceID>urn:device:0003ba4811e3</dm:deviceID>\n"
	"<rpid:relationship><rpid:self/></rpid:relationship>\n"
	"<rpid:service-class><rpid:electronic/></rpid:service-class>\n"
	"<contact priority=\"0.8\">im:someone@mobile.example.net</contact>\n"
	"<note xml:lang=\"en\">Don't Disturb Please!</note>\n"
	"<note xml:lang=\"fr\">Ne derangez pas, s'il vous plait</note>\n<timestamp>2005-10-27T16:49:29Z</timestamp>\n"
	"</tuple>\n<tuple id=\"ty4658\">\n<status>\n<basic>open</basic>\n</status>\n"
	"<rpid:relationship><rpid:assistant/></rpid:relationship>\n"
	"<contact priority=\"1.0\">mailto:secretary@example.com</contact>\n</tuple>\n<tuple id=\"eg92n8\">\n<status>\n"
	"<basic>open</basic>\n</status>\n<dm:deviceID>urn:x-mac:0003ba4811e3</dm:deviceID>\n"
	"<rpid:class>email</rpid:class>\n<rpid:service-class><rpid:electronic/></rpid:service-class>\n"
	"<rpid:status-icon>http://example.com/mail.png</rpid:status-icon>\n"
	"<contact priority=\"1.0\">mailto:someone@example.com</contact>\n</tuple>\n"
	"<note>I'll be in Tokyo next week</note>\n<dm:device id=\"pc147\">\n<rpid:user-input idle-threshold=\"600\"\n"
	"last-input=\"2004-10-21T13:20:00-05:00\">idle</rpid:user-input>\n"
	"<dm:deviceID>urn:device:0003ba4811e3</dm:deviceID>\n<dm:note>PC</dm:note>\n</dm:device>\n<dm:person id=\"p1\">\n"
	"<rpid:activities from=\"2005-05-30T12:00:00+05:00\"\nuntil=\"2005-05-30T17:00:00+05:00\">\n"
	"<rpid:note>Far away</rpid:note>\n<rpid:away/>\n</rpid:activities>\n<rpid:class>calendar</rpid:class>\n"
	"<rpid:mood>\n<rpid:angry/>\n<rpid:other>brooding</rpid:other>\n</rpid:mood>\n<rpid:place-is>\n<rpid:audio>\n"
	"<rpid:noisy/>\n</rpid:audio>\n</rpid:place-is>\n<rpid:place-type><lt:residence/></rpid:place-type>\n"
	"<rpid:privacy><rpid:unknown/></rpid:privacy>\n<rpid:sphere>bowling league</rpid:sphere>\n"
	"<rpid:status-icon>http://example.com/play.gif</rpid:status-icon>\n<rpid:time-offset>-240</rpid:time-offset>\n"
	"<dm:note>Scoring 120</dm:note>\n<dm:timestamp>2005-05-30T16:09:44+05:00</dm:timestamp>\n</dm:person>\n"
	"</presence>";
static const char pidf_of_rfc_4480_4_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
	" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" xmlns:lt=\"urn:ietf:params:xml:ns:location-type\""
	" entity=\"pres:someone@example.com\"><tuple id=\"bs35r9\"><status><basic>open</basic></status><dm:deviceID>"
	"urn:device:0003ba4811e3</dm:deviceID><rpid:relationship><rpid:self/></rpid:relationship><rpid:service-class>"
	"<rpid:electronic/></rpid:service-class><contact priority=\"0.8\">im:someone@mobile.example.net</contact>"
	"<note xml:lang=\"en\">Don't Disturb Please!</note><note xml:lang=\"fr\">Ne derangez pas, s'il vous plait</note>"
	"<timestamp>2005-10-27T16:49:29Z</timestamp></tuple><tuple id=\"ty4658\"><status><basic>open</basic></status>"
	"<rpid:relationship><rpid:assistant/></rpid:relationship><contact priority=\"1.0\">"
	"mailto:secretary@example.com</contact></tuple><tuple id=\"eg92n8\"><status><basic>open</basic></status>"
	"<dm:deviceID>urn:x-mac:0003ba4811e3</dm:deviceID><rpid:class>email</rpid:class><rpid:service-class>"
	"<rpid:electronic/></rpid:service-class><contact priority=\"1.0\">mailto:someone@example.com</contact></tuple>"
	"<note>I'll be in Tokyo next week</note><dm:person id=\"p1\">"
	"<rpid:activities from=\"2005-05-30T12:00:00+05:00\" until=\"2005-05-30T17:00:00+05:00\"><rpid:note>"
	"Far away</rpid:note><rpid:away/></rpid:activities><rpid:class>calendar</rpid:class><rpid:mood><rpid:angry/>"
	"<rpid:other>brooding</rpid:other></rpid:mood><rpid:place-type><lt:residence/></rpid:place-type><rpid:privacy>"
	"<rpid:unknown/></rpid:privacy><rpid:sphere>bowling league</rpid:sphere><rpid:status-icon>"
	"http://example.com/play.gif</rpid:status-icon><rpid:time-offset>-240</rpid:time-offset><dm:note>"
	"Scoring 120</dm:note><dm:timestamp>2005-05-30T16:09:44+05:00</dm:timestamp></dm:person><dm:device id=\"pc147\">"
	"<rpid:user-input idle-threshold=\"600\" last-input=\"2004-10-21T13:20:00-05:00\">idle</rpid:user-input>"
	"<dm:deviceID>urn:device:0003ba4811e3</dm:deviceID><dm:note>PC</dm:note></dm:device></presence>\r\n";

static const char pidf_of_rfc_5491_3_4[] =
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"\nxmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"\n"
	"xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\"\n"
	"xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\"\nxmlns:gml=\"http://www.opengis.net/gml\"\n"
	"xmlns:gs=\"http://www.opengis.net/pidflo/1.0\"\nentity=\"pres:ness@example.com\">\n<dm:device id=\"nesspc-1\">\n"
	"<gp:geopriv>\n<gp:location-info>\n<ca:civicAddress xml:lang=\"en-AU\">\n<ca:country>AU</ca:country>\n"
	"<ca:A1>NSW</ca:A1>\n<ca:A3>     Wollongong\n</ca:A3><ca:A4>North Wollongong\n</ca:A4>\n"
	"<ca:RD>Flinders</ca:RD><ca:STS>Street</ca:STS>\n<ca:RDBR>Campbell Street</ca:RDBR>\n<ca:LMK>\n"
	"Gilligan's Island\n</ca:LMK> <ca:LOC>Corner</ca:LOC>\n<ca:NAM> Video Rental Store </ca:NAM>\n"
	"<ca:PC>2500</ca:PC>\n<ca:ROOM> Westerns and Classics </ca:ROOM>\n<ca:PLC>store</ca:PLC>\n"
	"<ca:POBOX>Private Box 15</ca:POBOX>\n</ca:civicAddress>\n</gp:location-info>\n<gp:usage-rules/>\n"
	"<gp:method>GPS</gp:method>\n</gp:geopriv>\n<dm:deviceID>mac:1234567890ab</dm:deviceID>\n"
	"<dm:timestamp>2007-06-22T20:57:29Z</dm:timestamp>\n</dm:device>\n<dm:person id=\"ness\">\n<gp:geopriv>\n"
	"<gp:location-info>\n<gs:Circle srsName=\"urn:ogc:def:crs:EPSG::4326\">\n"
	"<gml:pos>-34.410649 150.87651</gml:pos>\n<gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">\n30\n</gs:radius>\n"
	"</gs:Circle>\n</gp:location-info>\n<gp:usage-rules/>\n<gp:method>Manual</gp:method>\n</gp:geopriv>\n"
	"<dm:timestamp>2007-06-24T12:28:04Z</dm:timestamp>\n</dm:person>\n</presence>";
static const char pidf_of_rfc_5491_3_4_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
	" xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\""
	" xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\" xmlns:gml=\"http://www.opengis.net/gml\""
	" xmlns:gs=\"http://www.opengis.net/pidflo/1.0\" entity=\"pres:ness@example.com\"><dm:person id=\"ness\">"
	"<gp:geopriv><gp:location-info><gs:Circle srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:pos>"
	"-34.410649 150.87651</gml:pos><gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">30</gs:radius></gs:Circle>"
	"</gp:location-info><gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv><dm:timestamp>"
	"2007-06-24T12:28:04Z</dm:timestamp></dm:person><dm:device id=\"nesspc-1\"><gp:geopriv><gp:location-info>"
	"<ca:civicAddress xml:lang=\"en-AU\"><ca:country>AU</ca:country><ca:A1>NSW</ca:A1><ca:A3>Wollongong</ca:A3>"
	"<ca:A4>North Wollongong</ca:A4><ca:RD>Flinders</ca:RD><ca:STS>Street</ca:STS><ca:RDBR>Campbell Street</ca:RDBR>"
	"<ca:LMK>Gilligan's Island</ca:LMK><ca:LOC>Corner</ca:LOC><ca:NAM>Video Rental Store</ca:NAM><ca:PC>2500</ca:PC>"
	"<ca:ROOM>Westerns and Classics</ca:ROOM><ca:PLC>store</ca:PLC><ca:POBOX>Private Box 15</ca:POBOX>"
	"</ca:civicAddress></gp:location-info><gp:usage-rules/><gp:method>GPS</gp:method></gp:geopriv><dm:deviceID>"
	"mac:1234567890ab</dm:deviceID><dm:timestamp>2007-06-22T20:57:29Z</dm:timestamp></dm:device></presence>\r\n";

static const char pidf_of_point_and_rules[] =
	"<?xml version=\"1.0\"?>\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\""
	" xmlns:gbp=\"urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy\" xmlns:gml=\"http://www.opengis.net/gml\""
	" entity=\"pres:point@example.com\">\n"
	"<tuple id=\"a\"><status><gp:geopriv><gp:location-info><gml:Point srsName=\"urn:ogc:def:crs:EPSG::4979\">"
	"<gml:pos>-34.407 150.883 24.8</gml:pos></gml:Point></gp:location-info>\n"
	"<gp:usage-rules><gbp:retransmission-allowed>false</gbp:retransmission-allowed><gbp:retention-expiry>"
	"2021-06-23T04:57:29Z</gbp:retention-expiry><gbp:note-well xml:lang=\"en\">keep</gbp:note-well></gp:usage-rules>"
	"</gp:geopriv></status></tuple>\n</presence>";
static const char pidf_of_point_and_rules_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\""
	" xmlns:gbp=\"urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy\" xmlns:gml=\"http://www.opengis.net/gml\""
	" entity=\"pres:point@example.com\"><tuple id=\"a\"><status><gp:geopriv><gp:location-info>"
	"<gml:Point srsName=\"urn:ogc:def:crs:EPSG::4979\"><gml:pos>-34.407 150.883 24.8</gml:pos></gml:Point>"
	"</gp:location-info><gp:usage-rules><gbp:retransmission-allowed>false</gbp:retransmission-allowed>"
	"<gbp:retention-expiry>2021-06-23T04:57:29Z</gbp:retention-expiry><gbp:note-well>keep</gbp:note-well>"
	"</gp:usage-rules></gp:geopriv></status></tuple></presence>\r\n";

static const char dialog_info_of_rfc_4235_6_2[] =
	"<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\"\n"
	"version=\"8\" state=\"partial\"\nentity=\"sip:alice@example.com\">\n"
	"<dialog id=\"sfhjsjk12\" call-id=\"o34oii1\"\nlocal-tag=\"8903j4\"\n"
	"remote-tag=\"78cjkus\" direction=\"receiver\">\n<state reason=\"remote-bye\">terminated</state>\n</dialog>\n"
	"<dialog id=\"08hjh1345\">\n<state>trying</state>\n</dialog>\n</dialog-info>";
static const char dialog_info_of_rfc_4235_6_2_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"8\" state=\"partial\""
	" entity=\"sip:alice@example.com\">"
	"<dialog id=\"sfhjsjk12\" call-id=\"o34oii1\" local-tag=\"8903j4\" remote-tag=\"78cjkus\" direction=\"receiver\">"
	"<state>terminated</state></dialog><dialog id=\"08hjh1345\"><state>trying</state></dialog></dialog-info>\r\n";

static const char dialog_info_of_everything[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"7\" state=\"full\""
	" entity=\"sip:alice@example.com\">\n"
	"<dialog id=\"as7d900as8\" call-id=\"a84b4c76e66710\" local-tag=\"1928301774\" remote-tag=\"456887766\""
	" direction=\"initiator\">\n<state event=\"rejected\" code=\"603\">terminated</state>\n<duration>274</duration>\n"
	"<replaces call-id=\"hg287s98s89\" local-tag=\"6762h7\" remote-tag=\"09278hsb\"/>\n"
	"<referred-by display-name=\"Bob &quot;B&quot;\">sip:bob@example.com</referred-by>\n"
	"<route-set><hop>&lt;sip:p1.example.com;lr&gt;</hop><hop>&lt;sip:p2.example.com;lr&gt;</hop></route-set>\n"
	"<local>\n<identity display-name=\"Alice\">sip:alice@example.com</identity>\n"
	"<target uri=\"sip:alice@pc33.example.com\">\n"
	"<param pname=\"+sip.rendering\" pval=\"no\"/><param pname=\"isfocus\" pval=\"\"/>\n</target>\n"
	"<session-description type=\"application/sdp\"><![CDATA[v=0\no=- 1 1 IN IP4 h <x>]]></session-description>\n"
	"<cseq>21</cseq>\n</local>\n<remote><identity>sip:bob@example.com</identity></remote>\n</dialog>\n</dialog-info>";
static const char dialog_info_of_everything_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"7\" state=\"full\""
	" entity=\"sip:alice@example.com\">"
	"<dialog id=\"as7d900as8\" call-id=\"a84b4c76e66710\" local-tag=\"1928301774\" remote-tag=\"456887766\""
	" direction=\"initiator\"><state event=\"rejected\" code=\"603\">terminated</state><duration>274</duration>"
	"<replaces call-id=\"hg287s98s89\" local-tag=\"6762h7\" remote-tag=\"09278hsb\"/>"
	"<referred-by display=\"Bob &quot;B&quot;\">sip:bob@example.com</referred-by><route-set><hop>"
	"&lt;sip:p1.example.com;lr&gt;</hop><hop>&lt;sip:p2.example.com;lr&gt;</hop></route-set><local>"
	"<identity display=\"Alice\">sip:alice@example.com</identity><target uri=\"sip:alice@pc33.example.com\">"
	"<param pname=\"+sip.rendering\" pval=\"no\"/><param pname=\"isfocus\" pval=\"\"/></target>"
	"<session-description type=\"application/sdp\">v=0\n"
	"o=- 1 1 IN IP4 h &lt;x&gt;</session-description><cseq>21</cseq></local><remote><identity>"
	"sip:bob@example.com</identity></remote></dialog></dialog-info>\r\n";

static const char reginfo_of_rfc_3680_5_4[] =
	"<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\"\n"
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\nversion=\"0\" state=\"full\">\n"
	"<registration aor=\"sip:user@example.com\" id=\"as9\"\nstate=\"active\">\n"
	"<contact id=\"76\" state=\"active\" event=\"registered\"\nduration-registered=\"7322\"\nq=\"0.8\">\n"
	"<uri>sip:user@pc887.example.com</uri>\n</contact>\n<contact id=\"77\" state=\"terminated\" event=\"expired\"\n"
	"duration-registered=\"3600\"\nq=\"0.5\">\n<uri>sip:user@university.edu</uri>\n</contact>\n</registration>\n"
	"</reginfo>";
static const char reginfo_of_rfc_3680_5_4_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">"
	"<registration aor=\"sip:user@example.com\" id=\"as9\" state=\"active\">"
	"<contact id=\"76\" state=\"active\" event=\"registered\" duration-registered=\"7322\" q=\"0.8\"><uri>"
	"sip:user@pc887.example.com</uri></contact>"
	"<contact id=\"77\" state=\"terminated\" event=\"expired\" duration-registered=\"3600\" q=\"0.5\"><uri>"
	"sip:user@university.edu</uri></contact></registration></reginfo>\r\n";

static const char reginfo_of_rfc_5628_6[] =
	"<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\"\n"
	"xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\"\nversion=\"0\" state=\"full\">\n"
	"<registration aor=\"sip:user@example.com\" id=\"as9\"\nstate=\"active\">\n"
	"<contact id=\"76\" state=\"active\" event=\"registered\"\nduration-registered=\"36001\" expires=\"3599\"\n"
	"callid=\"1j9FpLxk3uxtm8tn@192.0.2.1\" cseq=\"54321\"\nq=\"0.8\">\n<uri>sip:user@192.0.2.1</uri>\n"
	"<unknown-param name=\"+sip.instance\">\"&lt;urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6&gt;\"</unknown-param>"
	"\n<gr:pub-gruu uri=\"sip:user@example.com;gr=hha9s8d-999a\"/>\n"
	"<gr:temp-gruu uri=\"sip:8ffkas08af7fasklzi9@example.com;gr\" first-cseq=\"54301\"/>\n</contact>\n"
	"</registration>\n</reginfo>";
static const char reginfo_of_rfc_5628_6_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" version=\"0\""
	" state=\"full\"><registration aor=\"sip:user@example.com\" id=\"as9\" state=\"active\">"
	"<contact id=\"76\" state=\"active\" event=\"registered\" duration-registered=\"36001\" expires=\"3599\""
	" q=\"0.8\" callid=\"1j9FpLxk3uxtm8tn@192.0.2.1\" cseq=\"54321\"><uri>sip:user@192.0.2.1</uri>"
	"<unknown-param name=\"+sip.instance\">\"&lt;urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6&gt;\"</unknown-param>"
	"<gr:pub-gruu uri=\"sip:user@example.com;gr=hha9s8d-999a\"/>"
	"<gr:temp-gruu uri=\"sip:8ffkas08af7fasklzi9@example.com;gr\" first-cseq=\"54301\"/></contact></registration>"
	"</reginfo>\r\n";

static const char resource_lists_of_rfc_4826_3_3[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"\n"
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<list name=\"friends\">\n"
	"<entry uri=\"sip:bill@example.com\">\n<display-name>Bill Doe</display-name>\n</entry>\n"
	"<entry-ref ref=\"resource-lists/users/sip:bill@example.com/index/~~/\n"
	"resource-lists/list%5b@name=%22list1%22%5d/entry%5b@uri=%22sip:pet\nri@example.com%22%5d\"/>\n"
	"<list name=\"close-friends\">\n<display-name>Close Friends</display-name>\n<entry uri=\"sip:joe@example.com\">\n"
	"<display-name>Joe Smith</display-name>\n</entry>\n<entry uri=\"sip:nancy@example.com\">\n"
	"<display-name>Nancy Gross</display-name>\n</entry>\n"
	"<external anchor=\"http://xcap.example.org/resource-lists/users/\n"
	"sip:a@example.org/index/~~/resource-lists/list%5b@name=%22mkti\nng%22%5d\">\n"
	"<display-name>Marketing</display-name>\n</external>\n</list>\n</list>\n</resource-lists>";
static const char resource_lists_of_rfc_4826_3_3_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"friends\">"
	"<list name=\"close-friends\"><display-name>Close Friends</display-name>"
	"<external anchor=\"http://xcap.example.org/resource-lists/users/"
	" sip:a@example.org/index/~~/resource-lists/list%5b@name=%22mkti ng%22%5d\"><display-name>"
	"Marketing</display-name></external><entry uri=\"sip:joe@example.com\"><display-name>Joe Smith</display-name>"
	"</entry><entry uri=\"sip:nancy@example.com\"><display-name>Nancy Gross</display-name></entry></list>"
	"<entry uri=\"sip:bill@example.com\"><display-name>Bill Doe</display-name></entry>"
	"<entry-ref ref=\"resource-lists/users/sip:bill@example.com/index/~~/"
	" resource-lists/list%5b@name=%22list1%22%5d/entry%5b@uri=%22sip:pet ri@example.com%22%5d\"/></list>"
	"</resource-lists>\r\n";

static const char resource_lists_of_rfc_5364_6[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"\n"
	"xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\">\n<list>\n"
	"<entry uri=\"sip:bill@example.com\" cp:copyControl=\"to\" />\n"
	"<entry uri=\"sip:anonymous@anonymous.invalid\" cp:copyControl=\"to\"\ncp:count=\"2\"/>\n"
	"<entry uri=\"sip:joe@example.org\" cp:copyControl=\"cc\" />\n"
	"<entry uri=\"sip:anonymous@anonymous.invalid\" cp:copyControl=\"cc\"\ncp:count=\"1\"/>\n</list>\n"
	"</resource-lists>";
static const char resource_lists_of_rfc_5364_6_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\">"
	"<list><entry uri=\"sip:bill@example.com\" cp:copyControl=\"to\"/>"
	"<entry uri=\"sip:anonymous@anonymous.invalid\" cp:copyControl=\"to\" cp:count=\"2\"/>"
	"<entry uri=\"sip:joe@example.org\" cp:copyControl=\"cc\"/>"
	"<entry uri=\"sip:anonymous@anonymous.invalid\" cp:copyControl=\"cc\" cp:count=\"1\"/></list></resource-lists>"
	"\r\n";

static const char rlmi_of_rfc_4662_5_5[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\"\n"
	"uri=\"sip:adam-friends@stockholm.example.org\" version=\"1\"\nfullState=\"true\">\n"
	"<name xml:lang=\"en\">Buddy List at COM</name>\n<name xml:lang=\"de\">Liste der Freunde an COM</name>\n"
	"<resource uri=\"sip:joe@stockholm.example.org\">\n<name>Joe Thomas</name>\n<instance id=\"1\" state=\"active\"\n"
	"cid=\"mrEakg@stockholm.example.org\"/>\n</resource>\n<resource uri=\"sip:mark@stockholm.example.org\">\n"
	"<name>Mark Edwards</name>\n<instance id=\"1\" state=\"active\"\ncid=\"KKMDmv@stockholm.example.org\"/>\n"
	"</resource>\n</list>";
static const char rlmi_of_rfc_4662_5_5_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:adam-friends@stockholm.example.org\" version=\"1\""
	" fullState=\"true\"><name xml:lang=\"en\">Buddy List at COM</name><name xml:lang=\"de\">"
	"Liste der Freunde an COM</name><resource uri=\"sip:joe@stockholm.example.org\"><name>Joe Thomas</name>"
	"<instance id=\"1\" state=\"active\" cid=\"mrEakg@stockholm.example.org\"/></resource>"
	"<resource uri=\"sip:mark@stockholm.example.org\"><name>Mark Edwards</name>"
	"<instance id=\"1\" state=\"active\" cid=\"KKMDmv@stockholm.example.org\"/></resource></list>\r\n";

static const char watcherinfo_of_rfc_3858_3_3[] =
	"<?xml version=\"1.0\"?>\n<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\"\n"
	"version=\"0\" state=\"full\">\n<watcher-list resource=\"sip:professor@example.net\" package=\"presence\">\n"
	"<watcher status=\"active\"\nid=\"8ajksjda7s\"\nduration-subscribed=\"509\"\n"
	"event=\"approved\" >sip:userA@example.net</watcher>\n<watcher status=\"pending\"\nid=\"hh8juja87s997-ass7\"\n"
	"display-name=\"Mr. Subscriber\"\nevent=\"subscribe\">sip:userB@example.org</watcher>\n</watcher-list>\n"
	"</watcherinfo>";
static const char watcherinfo_of_rfc_3858_3_3_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"0\" state=\"full\">"
	"<watcher-list resource=\"sip:professor@example.net\" package=\"presence\">"
	"<watcher id=\"8ajksjda7s\" status=\"active\" event=\"approved\" duration-subscribed=\"509\">"
	"sip:userA@example.net</watcher>"
	"<watcher id=\"hh8juja87s997-ass7\" status=\"pending\" event=\"subscribe\" display-name=\"Mr. Subscriber\">"
	"sip:userB@example.org</watcher></watcher-list></watcherinfo>\r\n";

static const char conference_info_of_rfc_4575_6_3[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<conference-info\nxmlns=\"urn:ietf:params:xml:ns:conference-info\"\n"
	"entity=\"sips:conf233@example.com\"\nstate=\"partial\" version=\"5\">\n<!--\nCONFERENCE INFO\n-->\n"
	"<conference-description>\n<display-text>Weekly Sales Meeting</display-text>\n"
	"<subject>Agenda: This month's goals</subject>\n<free-text>We will start strict on time</free-text>\n"
	"<keywords>sales meeting weekly</keywords>\n<conf-uris>\n<entry>\n<uri>tel:+18005671234</uri>\n"
	"<display-text>TTI Bridge</display-text>\n<purpose>participation</purpose>\n</entry>\n<entry>\n"
	"<uri>h323:conf545@h323.example.com</uri>\n<purpose>participation</purpose>\n</entry>\n<entry>\n"
	"<uri>http://real.streaming.com/54634/live.ram</uri>\n<purpose>streaming</purpose>\n</entry>\n</conf-uris>\n"
	"<service-uris>\n<entry>\n<uri>http://sharepoint/salesgroup/</uri>\n<purpose>web-page</purpose>\n</entry>\n"
	"<entry>\n<uri>http://quicktime.com/54634/recording.mov</uri>\n<display-text>Quicktime</display-text>\n"
	"<purpose>recording</purpose>\n</entry>\n</service-uris>\n<maximum-user-count>100</maximum-user-count>\n"
	"<available-media>\n<entry label=\"34567\">\n<display-text>main audio</display-text>\n<type>audio</type>\n"
	"<status>sendrecv</status>\n</entry>\n<entry label=\"34569\">\n<display-text>main video</display-text>\n"
	"<type>video</type>\n<status>inactive</status>\n</entry>\n</available-media>\n</conference-description>\n<!--\n"
	"HOST INFO\n-->\n<host-info>\n<display-text>Sales Host</display-text>\n"
	"<web-page>http://sharepoint/salesgroup/hosts/</web-page>\n<uris>\n<entry>\n<uri>sip:sales@example.com</uri>\n"
	"</entry>\n</uris>\n</host-info>\n<!--\nCONFERENCE STATE\n-->\n<conference-state>\n<user-count>32</user-count>\n"
	"<active>true</active>\n<locked>false</locked>\n</conference-state>\n<!--\nUSERS\n-->\n<users>\n"
	"<user entity=\"sip:bob@example.com\">\n<display-text>Bob Hoskins</display-text>\n<associated-aors>\n<entry>\n"
	"<uri>mailto:bob@example.com</uri>\n<display-text>email</display-text>\n</entry>\n</associated-aors>\n<roles>\n"
	"<entry>participant</entry>\n</roles>\n<languages>en</languages>\n<!--\nENDPOINTS\n-->\n"
	"<endpoint entity=\"sip:bob@pc33.example.com\">\n<display-text>Bob's Laptop</display-text>\n<referred>\n"
	"<when>2005-03-04T20:00:00Z</when>\n<reason>expert required</reason>\n<by>sip:mike@example.com</by>\n"
	"</referred>\n<status>disconnecting</status>\n<joining-method>dialed-out</joining-method>\n<joining-info>\n"
	"<when>2005-03-04T20:00:00Z</when>\n<reason>invitation</reason>\n<by>sip:mike@example.com</by>\n</joining-info>\n"
	"<disconnection-method>booted</disconnection-method>\n<disconnection-info>\n<when>2005-03-04T20:00:00Z</when>\n"
	"<reason>bad voice quality</reason>\n<by>sip:mike@example.com</by>\n</disconnection-info>\n<!--\nMEDIA\n-->\n"
	"<media id=\"1\">\n<display-text>main audio</display-text>\n<type>audio</type>\n<label>34567</label>\n"
	"<src-id>432424</src-id>\n<status>sendrecv</status>\n</media>\n<!--\nCALL INFO\n-->\n<call-info>\n<sip>\n"
	"<display-text>full info</display-text>\n<call-id>hsjh8980vhsb78</call-id>\n<from-tag>vav738dvbs</from-tag>\n"
	"<to-tag>8954jgjg8432</to-tag>\n</sip>\n</call-info>\n</endpoint>\n</user>\n</users>\n<!--\n"
	"SIDEBARS BY REFERENCE\n-->\n<sidebars-by-ref state=\"partial\">\n<entry>\n"
	"<uri>sips:conf233@example.com;grid=45</uri>\n<display-text>sidebar with Carol</display-text>\n</entry>\n"
	"<entry>\n<uri>sips:conf233@example.com;grid=21</uri>\n<display-text>private with Peter</display-text>\n"
	"</entry>\n</sidebars-by-ref>\n<!--\nSIDEBARS BY VALUE\n-->\n<sidebars-by-val state=\"partial\">\n"
	"<entry entity=\"sips:conf233@example.com;grid=77\"\nstate=\"partial\">\n<users>\n"
	"<user entity=\"sip:bob@example.com\"/>\n<user entity=\"sip:mark@example.com\"/>\n"
	"<user entity=\"sip:dan@example.com\"/>\n</users>\n</entry>\n</sidebars-by-val>\n</conference-info>";
static const char conference_info_of_rfc_4575_6_3_written[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
	"<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sips:conf233@example.com\""
	" state=\"partial\" version=\"5\"><conference-description><display-text>Weekly Sales Meeting</display-text>"
	"<subject>Agenda: This month's goals</subject><free-text>We will start strict on time</free-text><keywords>"
	"sales meeting weekly</keywords><conf-uris><entry><uri>tel:+18005671234</uri><display-text>"
	"TTI Bridge</display-text><purpose>participation</purpose></entry><entry><uri>h323:conf545@h323.example.com</uri>"
	"<purpose>participation</purpose></entry><entry><uri>http://real.streaming.com/54634/live.ram</uri><purpose>"
	"streaming</purpose></entry></conf-uris><service-uris><entry><uri>http://sharepoint/salesgroup/</uri><purpose>"
	"web-page</purpose></entry><entry><uri>http://quicktime.com/54634/recording.mov</uri><display-text>"
	"Quicktime</display-text><purpose>recording</purpose></entry></service-uris><maximum-user-count>"
	"100</maximum-user-count><available-media><entry label=\"34567\"><display-text>main audio</display-text><type>"
	"audio</type><status>sendrecv</status></entry><entry label=\"34569\"><display-text>main video</display-text>"
	"<type>video</type><status>inactive</status></entry></available-media></conference-description><host-info>"
	"<display-text>Sales Host</display-text><web-page>http://sharepoint/salesgroup/hosts/</web-page><uris><entry>"
	"<uri>sip:sales@example.com</uri></entry></uris></host-info><conference-state><user-count>32</user-count><active>"
	"true</active><locked>false</locked></conference-state><users><user entity=\"sip:bob@example.com\"><display-text>"
	"Bob Hoskins</display-text><associated-aors><entry><uri>mailto:bob@example.com</uri><display-text>"
	"email</display-text></entry></associated-aors><roles><entry>participant</entry></roles><languages>en</languages>"
	"<endpoint entity=\"sip:bob@pc33.example.com\"><display-text>Bob's Laptop</display-text><referred><when>"
	"2005-03-04T20:00:00Z</when><reason>expert required</reason><by>sip:mike@example.com</by></referred><status>"
	"disconnecting</status><joining-method>dialed-out</joining-method><joining-info><when>2005-03-04T20:00:00Z</when>"
	"<reason>invitation</reason><by>sip:mike@example.com</by></joining-info><disconnection-method>"
	"booted</disconnection-method><disconnection-info><when>2005-03-04T20:00:00Z</when><reason>"
	"bad voice quality</reason><by>sip:mike@example.com</by></disconnection-info><media id=\"1\"><display-text>"
	"main audio</display-text><type>audio</type><label>34567</label><src-id>432424</src-id><status>sendrecv</status>"
	"</media><call-info><sip><display-text>full info</display-text><call-id>hsjh8980vhsb78</call-id><from-tag>"
	"vav738dvbs</from-tag><to-tag>8954jgjg8432</to-tag></sip></call-info></endpoint></user></users>"
	"<sidebars-by-ref state=\"partial\"><entry><uri>sips:conf233@example.com;grid=45</uri><display-text>"
	"sidebar with Carol</display-text></entry><entry><uri>sips:conf233@example.com;grid=21</uri><display-text>"
	"private with Peter</display-text></entry></sidebars-by-ref></conference-info>\r\n";

static const struct {
	const char *type, *body, *written;
} bodies[] = {
	{ "application/pidf+xml", pidf_of_rfc_3863_4_3_1, pidf_of_rfc_3863_4_3_1_written },
	{ "application/pidf+xml", pidf_of_rfc_3863_4_3_3, pidf_of_rfc_3863_4_3_3_written },
	{ "application/pidf+xml", pidf_of_rfc_4480_4, pidf_of_rfc_4480_4_written },
	{ "application/pidf+xml", pidf_of_rfc_5491_3_4, pidf_of_rfc_5491_3_4_written },
	{ "application/pidf+xml", pidf_of_point_and_rules, pidf_of_point_and_rules_written },
	{ "application/dialog-info+xml", dialog_info_of_rfc_4235_6_2, dialog_info_of_rfc_4235_6_2_written },
	{ "application/dialog-info+xml", dialog_info_of_everything, dialog_info_of_everything_written },
	{ "application/reginfo+xml", reginfo_of_rfc_3680_5_4, reginfo_of_rfc_3680_5_4_written },
	{ "application/reginfo+xml", reginfo_of_rfc_5628_6, reginfo_of_rfc_5628_6_written },
	{ "application/resource-lists+xml", resource_lists_of_rfc_4826_3_3, resource_lists_of_rfc_4826_3_3_written },
	{ "application/resource-lists+xml", resource_lists_of_rfc_5364_6, resource_lists_of_rfc_5364_6_written },
	{ "application/rlmi+xml", rlmi_of_rfc_4662_5_5, rlmi_of_rfc_4662_5_5_written },
	{ "application/watcherinfo+xml", watcherinfo_of_rfc_3858_3_3, watcherinfo_of_rfc_3858_3_3_written },
	{ "application/conference-info+xml", conference_info_of_rfc_4575_6_3, conference_info_of_rfc_4575_6_3_written },
};

static enum sip_err test_xml_bodies_of_the_rfcs_are_read_and_written(void)
{
	enum sip_err err = SIP_OK;
	for (size_t i = 0; i < SIP_COUNTOF(bodies) && err == SIP_OK; i++)
		err = bed_round(bodies[i].type, bodies[i].body, bodies[i].written);
	return err;
}

/* Every beginning of each of them is refused, and every one with a byte changed is read or refused. */
static enum sip_err test_xml_bodies_when_cut_or_bent_are_refused_or_read(void)
{
	struct sip_content c;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 11);
	for (size_t i = 0; i < SIP_COUNTOF(bodies); i++) {
		size_t len = strlen(bodies[i].body);
		char *text = sip_strdup(bodies[i].body, len);
		if (!text)
			return SIP_E_NOMEM;
		for (unsigned k = 0; k < 200; k++) {
			size_t at = (size_t)sip_rand_below(&rand, len);
			char was = text[at];
			enum sip_err err;
			struct bed b;
			bed_init(&b);
			err = bed_parse(&b, bodies[i].type, sip_str_make(text, at), &c);
			UNIT_EQ(err, SIP_E_SYNTAX);
			text[at] = "<>&\"'=/ \n!?-x\xff"[sip_rand_below(&rand, 14)];
			err = bed_parse(&b, bodies[i].type, sip_str_make(text, len), &c);
			UNIT_CHECK(err == SIP_OK || err == SIP_E_SYNTAX);
			if (err == SIP_OK)
				UNIT_CHECK(bed_put(&b, &c) == SIP_OK);
			text[at] = was;
			bed_fini(&b);
		}
		sip_free(text);
	}
	return SIP_OK;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_xml_bodies_of_the_rfcs_are_read_and_written),
	/* Thousands of bodies; what fails for want of memory fails in the one above. */
	UNIT_CASE_NO_OOM(test_xml_bodies_when_cut_or_bent_are_refused_or_read),
};
SUITE(xml_bodies);

/* repro/config: defaults, a file, overrides, what is broken and how it is said, listeners, reload. */
#include "repro/config/config.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct heard {
	unsigned errors, warnings;
	unsigned line;   /* of the last */
	char text[240];  /* of the last error */
};

static void hear(void *arg, const struct sip_settings_issue *issue)
{
	struct heard *h = arg;
	h->line = issue->line;
	if (!issue->is_error) {
		h->warnings++;
		return;
	}
	h->errors++;
	snprintf(h->text, sizeof(h->text), "%s", issue->text);
}

static enum sip_err load(const char *const *overrides, size_t count, struct heard *h, struct repro_config **out)
{
	memset(h, 0, sizeof(*h));
	return repro_config_load(NULL, overrides, count, hear, h, out);
}

static enum sip_err test_config_without_anything_has_the_defaults(void)
{
	struct heard h;
	struct repro_config *c = NULL;
	char text[SIP_ADDR_TEXT];
	enum sip_err err;
	UNIT_TRY(load(NULL, 0, &h, &c));
	UNIT_EQ(h.errors + h.warnings, 0);
	UNIT_EQ(c->set.udp_port, 5060);
	UNIT_EQ(c->set.timer_c, 180);
	UNIT_CHECK(c->set.add_via_rport);
	UNIT_CHECK(!c->set.add_via_alias);
	UNIT_EQ(c->set.max_connections, 20000);
	UNIT_EQ(c->set.congestion_metric, REPRO_BY_WAIT_TIME);
	UNIT_EQ(c->set.q_value_behavior, REPRO_Q_EQUAL_PARALLEL);
	UNIT_EQ(c->log_level, SIP_LOG_INFO);
	UNIT_EQ(c->listener_count, 4);
	UNIT_EQ(c->listeners[0].kind, SIP_TRANSPORT_UDP);
	UNIT_EQ(c->listeners[1].kind, SIP_TRANSPORT_TCP);
	UNIT_STR(sip_str_of(sip_addr_text(&c->listeners[0].bind, text)), "0.0.0.0:5060");
	UNIT_STR(sip_str_of(sip_addr_text(&c->listeners[3].bind, text)), "[::]:5060");
	UNIT_EQ(c->algorithm_count, 1);
	UNIT_EQ(c->algorithms[0], REPRO_ALGORITHM_MD5);
	UNIT_EQ(c->http_bind_count, 1);
	UNIT_STR(sip_str_of(sip_addr_text(&c->http_binds[0], text)), "0.0.0.0:5080");
	UNIT_EQ(c->domain_count, 0);
	UNIT_CHECK(!repro_config_is_domain(c, SIP_STR("example.com")));
out:
	repro_config_unref(&c);
	return err;
}

static enum sip_err test_config_with_overrides_takes_them_apart(void)
{
	static const char *const overrides[] = {
		"Transport1Interface = 127.0.0.1:5070", "transport1type=TCP", "Transport1RecordRouteUri=auto",
		"Transport16Interface=[::1]:5080", "Transport16RcvBufLen=65536", "RecordRouteUri=sip:proxy.example.com;lr",
		"Domains=example.com, Example.ORG ,", "DNSServers=127.0.0.1:5353,::1", "HttpPort=0",
		"DigestChallengeAlgorithms=SHA-256, MD5", "LogLevel=stack", "EnableOutbound=1",
	};
	struct heard h;
	struct repro_config *c = NULL;
	char text[SIP_ADDR_TEXT];
	enum sip_err err;
	UNIT_TRY(load(overrides, SIP_COUNTOF(overrides) - 1, &h, &c));
	UNIT_EQ(c->listener_count, 2);
	UNIT_EQ(c->listeners[0].kind, SIP_TRANSPORT_TCP);
	UNIT_CHECK(c->listeners[0].record_route_auto);
	UNIT_STR(c->listeners[0].record_route, "");
	UNIT_EQ(c->listeners[1].kind, SIP_TRANSPORT_UDP);
	UNIT_EQ(c->listeners[1].rcvbuf, 65536);
	UNIT_STR(c->listeners[1].record_route, "sip:proxy.example.com;lr");
	UNIT_STR(sip_str_of(sip_addr_text(&c->listeners[1].bind, text)), "[::1]:5080");
	UNIT_EQ(c->domain_count, 2);
	UNIT_CHECK(repro_config_is_domain(c, SIP_STR("EXAMPLE.com")));
	UNIT_CHECK(repro_config_is_domain(c, SIP_STR("example.org.")));
	UNIT_CHECK(!repro_config_is_domain(c, SIP_STR("example.net")));
	UNIT_EQ(c->dns_server_count, 2);
	UNIT_STR(sip_str_of(sip_addr_text(&c->dns_servers[0], text)), "127.0.0.1:5353");
	UNIT_STR(sip_str_of(sip_addr_text(&c->dns_servers[1], text)), "[::1]:53");
	UNIT_EQ(c->http_bind_count, 0);
	UNIT_EQ(c->algorithm_count, 2);
	UNIT_EQ(c->algorithms[0], REPRO_ALGORITHM_SHA_256);
	UNIT_EQ(c->algorithms[1], REPRO_ALGORITHM_MD5);
	UNIT_EQ(c->log_level, SIP_LOG_STACK);
out:
	repro_config_unref(&c);
	return err;
}

static enum sip_err test_config_with_paths_gives_each_transport_its_own(void)
{
	static const char *const overrides[] = {
		"AdvertisedHost=203.0.113.5", "DSCP=24", "UDPSizeSwitch=on", "Transport1Interface=127.0.0.1:5070",
		"Transport2Interface=[::1]:5070", "Transport2AdvertisedHost=sip.example.com", "Transport2AdvertisedPort=5099",
		"Transport2DSCP=46", "Transport2UDPSizeSwitch=off", "Transport3Interface=[::1]:5080", "Transport4Interface=0.0.0.0:5090",
		"Transport4Device=eth0", "Transport5Interface=0.0.0.0:5090", "Transport5Device=eth1",
		"Transport5UDPSizeSwitch=fallback",
	};
	struct heard h;
	struct repro_config *c = NULL;
	enum sip_err err;
	UNIT_TRY(load(overrides, SIP_COUNTOF(overrides), &h, &c));
	UNIT_EQ(c->listener_count, 5);
	UNIT_STR(c->listeners[0].advertised, "203.0.113.5");
	UNIT_EQ(c->listeners[0].advertised_port, 0);
	UNIT_EQ(c->listeners[0].dscp, 24);
	UNIT_EQ(c->listeners[0].size_switch, REPRO_SIZE_SWITCH_ON);
	UNIT_STR(sip_str_of(c->listeners[0].device), "");
	UNIT_STR(c->listeners[1].advertised, "sip.example.com");
	UNIT_EQ(c->listeners[1].advertised_port, 5099);
	UNIT_EQ(c->listeners[1].dscp, 46);
	UNIT_EQ(c->listeners[1].size_switch, REPRO_SIZE_SWITCH_OFF);
	UNIT_STR(c->listeners[2].advertised, ""); /* an address of the other family */
	UNIT_STR(sip_str_of(c->listeners[3].device), "eth0");
	UNIT_STR(sip_str_of(c->listeners[4].device), "eth1");
	UNIT_EQ(c->listeners[4].size_switch, REPRO_SIZE_SWITCH_FALLBACK);
out:
	repro_config_unref(&c);
	return err;
}

static enum sip_err test_config_with_tls_says_who_shows_what_and_who_shares_a_port(void)
{
	static const char *const overrides[] = {
		"IPAddress=127.0.0.1", "WSPort=5060", "TLSPort=5061", "WSSPort=5061", "DTLSPort=5062", "TLSCertificate=a.pem",
		"TLSPrivateKey=a.key", "TLSDomainName=a.example", "TLSClientVerification=optional", "TLSConnectionMethod=TLSv1_2",
	};
	struct heard h;
	struct repro_config *c = NULL;
	enum sip_err err;
	UNIT_TRY(load(overrides, SIP_COUNTOF(overrides), &h, &c));
	UNIT_EQ(c->listener_count, 6);
	UNIT_EQ(c->listeners[2].kind, SIP_TRANSPORT_TLS);
	UNIT_EQ(c->listeners[2].beside, -1);
	UNIT_STR(sip_str_of(c->listeners[2].tls.certificate), "a.pem");
	UNIT_STR(sip_str_of(c->listeners[2].tls.domain), "a.example");
	UNIT_EQ(c->listeners[2].tls.clients, REPRO_TLS_OPTIONAL);
	UNIT_EQ(c->listeners[2].tls.method, REPRO_TLS_1_2);
	UNIT_EQ(c->listeners[3].kind, SIP_TRANSPORT_WS);
	UNIT_EQ(c->listeners[3].beside, 1);
	UNIT_STR(sip_str_of(c->listeners[3].tls.certificate), "");
	UNIT_EQ(c->listeners[4].kind, SIP_TRANSPORT_WSS);
	UNIT_EQ(c->listeners[4].beside, 2);
	UNIT_EQ(c->listeners[5].kind, SIP_TRANSPORT_DTLS);
	UNIT_EQ(c->listeners[5].beside, -1);
out:
	repro_config_unref(&c);
	return err;
}

static enum sip_err test_config_of_slots_with_tls_takes_their_own_certificates(void)
{
	static const char *const overrides[] = {
		"Transport1Interface=127.0.0.1:443", "Transport1Type=WSS", "Transport2Interface=127.0.0.1:443", "Transport2Type=TLS",
		"Transport2TlsCertificate=b.pem", "Transport2TlsDomain=b.example", "TLSCertificate=a.pem", "TLSPrivateKey=a.key",
		"TLSPrivateKeyPassPhrase=secret",
	};
	struct heard h;
	struct repro_config *c = NULL;
	enum sip_err err;
	UNIT_TRY(load(overrides, SIP_COUNTOF(overrides), &h, &c));
	UNIT_EQ(c->listener_count, 2);
	UNIT_EQ(c->listeners[0].beside, 1);
	UNIT_STR(sip_str_of(c->listeners[0].tls.passphrase), "secret");
	UNIT_STR(sip_str_of(c->listeners[1].tls.certificate), "b.pem");
	UNIT_STR(sip_str_of(c->listeners[1].tls.key), "");
	UNIT_STR(sip_str_of(c->listeners[1].tls.passphrase), "");
out:
	repro_config_unref(&c);
	return err;
}

static enum sip_err test_config_when_broken_says_what_was_expected(void)
{
	static const struct {
		const char *overrides[5];
		const char *text;
	} rows[] = {
		{ { "TimerC=soon" }, "TimerC: expected a number from 1 to 86400, found \"soon\"" },
		{ { "MaxConnections=0" }, "MaxConnections: expected a number from 1 to 1000000, found \"0\"" },
		{ { "Transport1Interface=127.0.0.1" }, "Transport1Interface: expected address:port, found \"127.0.0.1\"" },
		{ { "Transport1Interface=host:5060" }, "Transport1Interface: expected address:port, found \"host:5060\"" },
		{ { "Transport1Type=SCTP" }, "Transport1Type: expected one of UDP, TCP, TLS, WS, WSS, DTLS, found \"SCTP\"" },
		{ { "TLSPort=5061" }, "TLSCertificate: expected a PEM file (or a folder as CertificatePath) for a TLS, WSS or DTLS "
				      "transport, found none" },
		{ { "TLSConnectionMethod=TLSv1" },
		  "TLSConnectionMethod: expected one of SSLv23, TLS, TLSv1_2, TLSv1_3, found \"TLSv1\"" },
		{ { "DTLSPort=5061", "TLSCertificate=c.pem", "TLSConnectionMethod=TLSv1_3" },
		  "TLSConnectionMethod: expected SSLv23, TLS or TLSv1_2 for a DTLS transport, found TLSv1_3" },
		{ { "Transport1Device=eth0/1" },
		  "Transport1Device: expected the name of an interface, at most 15 bytes, found \"eth0/1\"" },
		{ { "Transport1DSCP=64" }, "Transport1DSCP: expected a number from 0 to 63, found \"64\"" },
		{ { "AdvertisedHost=a:5060" }, "AdvertisedHost: expected a host name or an address, without a port, found \"a:5060\"" },
		{ { "TLSDomainName=a b" }, "TLSDomainName: expected a host name or an address, without a port, found \"a b\"" },
		{ { "WSAllowedOrigins=phone.example" },
		  "WSAllowedOrigins: expected origins like https://phone.example.com, comma separated, found \"phone.example\"" },
		{ { "CAFile=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q" },
		  "CAFile: expected at most 16 names, comma separated, found \"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\"" },
		{ { "IPAddress=::1,::2,::3,::4,::5,::6,::7,::8,::9,::a,::b,::c,::d,::e,::f,::10", "WSPort=80", "TLSPort=5061",
		    "WSSPort=443", "TLSCertificate=c.pem" },
		  "IPAddress: expected at most 64 transports with all addresses and ports, found more" },
		{ { "WSPort=5061", "TLSPort=5061", "TLSCertificate=c.pem" },
		  "TCPPort, TLSPort, WSPort, WSSPort, UDPPort, DTLSPort: expected different ports (WS may share TCP's, WSS may share "
		  "TLS's), found one twice" },
		{ { "IPAddress=1.2.3" }, "IPAddress: expected IP addresses, comma separated, found \"1.2.3\"" },
		{ { "Domains=a b" }, "Domains: expected host names, comma separated, found \"a b\"" },
		{ { "Domains=a.example:5060" }, "Domains: expected host names, comma separated, found \"a.example:5060\"" },
		{ { "RecordRouteUri=sip:h?a=b" }, "RecordRouteUri: expected a sip URI without headers, or auto, found \"sip:h?a=b\"" },
		{ { "RecordRouteUri=mailto:x" }, "RecordRouteUri: expected a sip URI without headers, or auto, found \"mailto:x\"" },
		{ { "DNSServers=::x" }, "DNSServers: expected addresses or address:port, comma separated, found \"::x\"" },
		{ { "DigestChallengeAlgorithms=SHA-1" },
		  "DigestChallengeAlgorithms: expected MD5 and SHA-256, comma separated, best first, found \"SHA-1\"" },
		{ { "Nonsense=1" }, "Nonsense: no such setting" },
		{ { "TimerC" }, "expected Name=Value, found \"TimerC\"" },
		{ { "UDPPort=0", "TCPPort=0" }, "UDPPort, TCPPort: expected at least one transport, found none" },
		{ { "EnableIPv6=false", "DisableIPv4=true" }, "UDPPort, TCPPort: expected at least one transport, found none" },
		{ { "Transport1Interface=[::1]:5060", "EnableIPv6=no" },
		  "EnableIPv6: expected true for a transport with an IPv6 address, found false" },
		{ { "IPAddress=127.0.0.1", "DisableIPv4=yes" },
		  "DisableIPv4: expected false for a transport with an IPv4 address, found true" },
		{ { "Transport1Interface=127.0.0.1:5060", "Transport2Interface=127.0.0.1:5060" },
		  "TransportInterface: expected different addresses, found one twice" },
		{ { "RegistrarMinExpires=7201" }, "RegistrarMinExpires: expected at most RegistrarMaxExpires" },
		{ { "RegistrarDefaultExpires=30" },
		  "RegistrarDefaultExpires: expected a number from RegistrarMinExpires to RegistrarMaxExpires" },
		{ { "LoggingType=file", "LogFilename=" },
		  "LogFilename: expected a file name, because LoggingType is file" },
	};
	struct repro_config *c = NULL;
	struct heard h;
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++) {
		size_t count = 0;
		while (count < SIP_COUNTOF(rows[i].overrides) && rows[i].overrides[count])
			count++;
		enum sip_err err = load(rows[i].overrides, count, &h, &c);
		if (err == SIP_E_NOMEM)
			return err;
		UNIT_CHECK(err != SIP_OK);
		UNIT_CHECK(c == NULL);
		UNIT_EQ(h.errors, 1);
		UNIT_STR(sip_str_of(h.text), rows[i].text);
	}
	return SIP_OK;
}

static enum sip_err test_config_names_of_resiprocate_are_known(void)
{
	static const char *const overrides[] = { "TLSUseEmailAsSIP=true", "Routes=a", "Database2Type=MySQL", "DisableIdentity=true" };
	struct heard h;
	struct repro_config *c = NULL;
	enum sip_err err;
	UNIT_TRY(load(overrides, SIP_COUNTOF(overrides), &h, &c));
	UNIT_EQ(h.errors, 0);
	UNIT_EQ(h.warnings, 4);
	UNIT_EQ(h.line, 4);
out:
	repro_config_unref(&c);
	return err;
}

static enum sip_err test_config_of_secrets_shows_none(void)
{
	char key[REPRO_CAPTURE_KEY_MAX + 32];
	const char *const overrides[] = { key };
	struct heard h;
	struct repro_config *c = NULL;
	UNIT_CHECK(repro_config_is_secret("CaptureAuthKey"));
	UNIT_CHECK(repro_config_is_secret("TLSPrivateKeyPassPhrase"));
	UNIT_CHECK(repro_config_is_secret("Transport2TlsPrivateKeyPassPhrase"));
	UNIT_CHECK(!repro_config_is_secret("TLSPrivateKey"));
	UNIT_CHECK(!repro_config_is_secret("NoSuchThing"));
	memset(key, 'k', sizeof(key));
	memcpy(key, "CaptureAuthKey=", 15);
	key[sizeof(key) - 1] = '\0';
	enum sip_err err = load(overrides, 1, &h, &c);
	if (err == SIP_E_NOMEM)
		return err;
	UNIT_EQ(err, SIP_E_INVAL);
	UNIT_STR(sip_str_of(h.text), "CaptureAuthKey: expected at most 256 bytes");
	return SIP_OK;
}

static enum sip_err write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	if (!f)
		return SIP_E_IO;
	fputs(text, f);
	fclose(f);
	return SIP_OK;
}

static enum sip_err test_config_that_contradicts_itself_names_a_line(void)
{
	static const struct {
		const char *text, *override;
		unsigned line;
	} rows[] = {
		{ "TimerC = 60\nRegistrarMinExpires = 9000\n", NULL, 2 },
		{ "TimerC = 60\n\nregistrarmaxexpires = 30\nRegistrarMaxContacts = 3\n", NULL, 3 },
		{ "RegistrarMaxExpires = 40\nRegistrarMaxExpires = 30\n", NULL, 2 },
		{ "TimerC = 60\nRegistrarMinExpires = 61\n", "RegistrarMinExpires=9000", 1 },
		{ "TimerC = 60\nUDPPort = 0\nTCPPort = 0\n", NULL, 2 },
		{ "TLSPort = 5061\n", NULL, 0 },
	};
	char path[] = "/tmp/config_test_XXXXXX";
	struct heard h;
	struct repro_config *c = NULL;
	enum sip_err err = SIP_OK;
	int fd = mkstemp(path);
	if (fd < 0)
		return SIP_E_IO;
	close(fd);
	for (size_t i = 0; i < SIP_COUNTOF(rows) && err != SIP_E_NOMEM; i++) {
		memset(&h, 0, sizeof(h));
		UNIT_TRY(write_file(path, rows[i].text));
		err = repro_config_load(path, &rows[i].override, rows[i].override != NULL, hear, &h, &c);
		if (err == SIP_E_NOMEM)
			break;
		UNIT_EQ(err, SIP_E_INVAL);
		UNIT_EQ(h.errors, 1);
		UNIT_EQ(h.line, rows[i].line);
	}
	if (err != SIP_E_NOMEM)
		err = SIP_OK;
out:
	unlink(path);
	return err;
}

static enum sip_err test_config_from_file_names_the_line(void)
{
	char path[] = "/tmp/config_test_XXXXXX";
	struct heard h = { 0 };
	struct repro_config *c = NULL;
	enum sip_err err;
	int fd = mkstemp(path);
	if (fd < 0)
		return SIP_E_IO;
	close(fd);
	UNIT_TRY(write_file(path, "# ours\nDomains = example.com # home\n\nLogFileMaxBytes = 9060\nTimerC = 60\n"));
	UNIT_TRY(repro_config_load(path, (const char *const[]){ "TimerC=70" }, 1, hear, &h, &c));
	UNIT_EQ(h.errors, 0);
	UNIT_EQ(h.warnings, 1);
	UNIT_EQ(h.line, 4);
	UNIT_EQ(c->set.timer_c, 70);
	UNIT_CHECK(repro_config_is_domain(c, SIP_STR("example.com")));
	repro_config_unref(&c);
	UNIT_TRY(write_file(path, "TimerC = 60\nTimerT1 = -1\n"));
	err = repro_config_load(path, NULL, 0, hear, &h, &c);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_CHECK(err != SIP_OK);
	UNIT_EQ(h.line, 2);
	UNIT_STR(sip_str_of(h.text), "TimerT1: expected a number from 0 to 10000, found \"-1\"");
	unlink(path);
	err = repro_config_load(path, NULL, 0, hear, &h, &c);
	if (err == SIP_E_NOMEM)
		goto out;
	UNIT_CHECK(err != SIP_OK);
	err = SIP_OK;
out:
	unlink(path);
	repro_config_unref(&c);
	return err;
}

struct seen {
	unsigned restarts;
	char last[200];
};

static void see(void *arg, const char *name, const char *old_value, const char *new_value, bool needs_restart)
{
	struct seen *s = arg;
	s->restarts += needs_restart;
	snprintf(s->last, sizeof(s->last), "%s: %s -> %s", name, old_value, new_value);
}

static enum sip_err test_config_diff_tells_what_changed(void)
{
	static const char *const changes[] = { "Transport2Type=TCP", "TimerC=99", "Domains=a.example" };
	struct seen s = { 0 };
	struct heard h;
	struct repro_config *a = NULL, *b = NULL;
	enum sip_err err;
	UNIT_TRY(load(NULL, 0, &h, &a));
	UNIT_TRY(load(changes, SIP_COUNTOF(changes), &h, &b));
	UNIT_EQ(repro_config_diff(a, a, see, &s), 0);
	size_t count = repro_config_diff(a, b, see, &s);
	if (count == SIZE_MAX) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(count, 3);
	UNIT_EQ(s.restarts, 1);
	UNIT_STR(sip_str_of(s.last), "TimerC: 180 -> 99");
out:
	repro_config_unref(&a);
	repro_config_unref(&b);
	return err;
}

/* What is dumped is read back as the same. */
static enum sip_err test_config_when_put_loads_back(void)
{
	static const char *const overrides[] = { "Domains=a.example", "ServerText=repro #1", "Transport3Interface=127.0.0.1:0",
						 "LogLevel=DEBUG" };
	char path[] = "/tmp/config_test_XXXXXX";
	struct heard h;
	struct repro_config *a = NULL, *b = NULL;
	struct sip_buf text;
	enum sip_err err;
	int fd = mkstemp(path);
	sip_buf_init(&text, 0);
	if (fd < 0)
		return SIP_E_IO;
	close(fd);
	UNIT_TRY(load(overrides, SIP_COUNTOF(overrides), &h, &a));
	repro_config_put(a, &text);
	sip_buf_put_char(&text, '\0');
	UNIT_TRY(text.err);
	UNIT_TRY(write_file(path, text.p));
	UNIT_TRY(repro_config_load(path, NULL, 0, hear, &h, &b));
	UNIT_EQ(h.errors + h.warnings, 0);
	size_t count = repro_config_diff(a, b, NULL, NULL);
	if (count == SIZE_MAX) {
		err = SIP_E_NOMEM;
		goto out;
	}
	UNIT_EQ(count, 0);
	sip_buf_clear(&text);
	repro_config_put_sample(&text);
	UNIT_TRY(text.err);
	UNIT_CHECK(text.len > 4000);
out:
	unlink(path);
	sip_buf_fini(&text);
	repro_config_unref(&a);
	repro_config_unref(&b);
	return err;
}

static enum sip_err test_metrics_rows_stand_by_name(void)
{
	struct sip_metrics *m = NULL;
	struct sip_metrics_cells *cells = NULL;
	struct sip_buf b;
	enum sip_err err;
	sip_buf_init(&b, 0);
	UNIT_TRY(sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &m));
	UNIT_TRY(sip_metrics_add_cells(m, &cells));
	sip_metric_count(cells, repro_metrics_response(486));
	UNIT_EQ(sip_metrics_get(m, REPRO_M_RESPONSE_4XX), 1);
	UNIT_EQ(repro_metrics_response(100), REPRO_M_RESPONSE_1XX);
	UNIT_EQ(repro_metrics_response(0), REPRO_M_RESPONSE_6XX);
	UNIT_EQ(repro_metrics_response(999), REPRO_M_RESPONSE_6XX);
	for (size_t i = 1; i < REPRO_METRIC_COUNT; i++) {
		bool is_same = strcmp(repro_metric_rows[i].name, repro_metric_rows[i - 1].name) == 0;
		UNIT_CHECK(is_same || repro_metric_rows[i].help[0]);
		for (size_t k = 0; k + 1 < i && !is_same; k++)
			UNIT_CHECK(strcmp(repro_metric_rows[i].name, repro_metric_rows[k].name) != 0);
	}
	sip_metrics_put(m, &b);
	UNIT_TRY(b.err);
out:
	sip_buf_fini(&b);
	sip_metrics_unref(&m);
	return err;
}

int main(int argc, char **argv)
{
	static const struct unit_case cases[] = {
		UNIT_CASE(test_config_without_anything_has_the_defaults),
		UNIT_CASE(test_config_with_overrides_takes_them_apart),
		UNIT_CASE(test_config_with_paths_gives_each_transport_its_own),
		UNIT_CASE(test_config_with_tls_says_who_shows_what_and_who_shares_a_port),
		UNIT_CASE(test_config_of_slots_with_tls_takes_their_own_certificates),
		UNIT_CASE(test_config_when_broken_says_what_was_expected),
		UNIT_CASE(test_config_names_of_resiprocate_are_known),
		UNIT_CASE(test_config_of_secrets_shows_none),
		UNIT_CASE(test_config_that_contradicts_itself_names_a_line),
		UNIT_CASE(test_config_from_file_names_the_line),
		UNIT_CASE(test_config_diff_tells_what_changed),
		UNIT_CASE(test_config_when_put_loads_back),
		UNIT_CASE(test_metrics_rows_stand_by_name),
	};
	static const struct unit_suite suite = { "repro/config/config", cases, SIP_COUNTOF(cases) };
	static const struct unit_suite *const suites[] = { &suite };
	return unit_main(argc, argv, suites, SIP_COUNTOF(suites));
}

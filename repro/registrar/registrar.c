/*
 * The registrar (RFC 3261 10.3) as a step of the request chain, and the life of what serves a
 * shard. On the proxy's loop; the 200 waits for the store's commit, the loop never does.
 */
#include "repro/registrar/registrar_priv.h"

#define SWEEP_US SIP_MS(250)
#define SWEEP_BUCKETS 2000
#define LISTED_MAX 49152 /* bytes of all Contacts in a 200 */
#define CONTACT_EXTRA 80 /* their names and parameters */

int64_t repro__registrar_now_s(const struct repro_registrar *g)
{
	const struct sip_clock *clock = sip_loop_clock(repro_proxy_loop(g->proxy));

	return clock->wall_us(clock->arg) / 1000000;
}

/* ---- a REGISTER under way ----------------------------------------------------------------------------------------------- */

struct update { /* in the request's arena, while the store writes */
	struct repro_job job;
	struct repro_registrar *registrar; /* lent: detached only after the store has stopped */
	struct repro_request *request;     /* lent: it waits for us */
	struct repro_contacts *contacts;   /* owned: a reference */
};

struct change { /* what happens under the AOR's lock */
	struct repro_registrar *registrar;
	struct repro_request *request;
	const struct repro__wishes *wishes;
	struct sip_str path;
	uint32_t cseq;
	bool is_old; /* a CSeq out of order */
};

static bool is_out_of_order(const struct change *c, const struct repro_binding *b)
{
	struct sip_str call_id = sip_message_call_id(c->request->message);

	/* A contact named twice: the later word of this very request is no older than the earlier one. */
	if (b->call_id.p == call_id.p)
		return false;
	return sip_str_eq(b->call_id, call_id) && c->cseq <= b->cseq;
}

/* RFC 5626 6: a binding with a reg-id is of that and the instance, whatever its URI. */
static bool is_same_contact(const struct repro_binding *b, const struct repro__wish *w)
{
	struct sip_uri uri;

	if (b->reg_id || w->reg_id)
		return b->reg_id == w->reg_id && sip_str_eq(b->instance, w->instance);
	return sip_uri_parse(b->contact, &uri) == SIP_OK && sip_uri_eq(&uri, &w->contact->uri);
}

/*
 * The connection it came by, when that is the client's own and the contact is at its end: one that names another kind wants to be
 * reached so, but for those kinds that a client cannot be reached by otherwise.
 */
static struct sip_ref *flow_of(const struct sip_message *m, const struct repro__wish *w)
{
	enum sip_transport_kind kind = sip_message_source_kind(m);

	if (kind == SIP_TRANSPORT_UDP || sip_message_count(m, SIP_HEADER_VIA) != 1 || sip_message_has(m, SIP_HEADER_PATH))
		return NULL;
	if (kind == SIP_TRANSPORT_TCP && sip_uri_transport(&w->contact->uri) != SIP_TRANSPORT_TCP)
		return NULL;
	return sip_message_flow(m);
}

static void fill_binding(const struct change *c, const struct repro__wish *w, int64_t now_s, struct repro_binding *b)
{
	const struct sip_message *m = c->request->message;

	memset(b, 0, sizeof *b);
	b->contact = w->contact->uri.text;
	b->call_id = sip_message_call_id(m);
	b->path = c->path;
	if (!sip_message_value(m, SIP_HEADER_USER_AGENT, 0, &b->user_agent))
		b->user_agent = sip_str_make(NULL, 0);
	b->instance = w->instance;
	b->reg_id = w->reg_id;
	b->expires_s = now_s + w->expires;
	b->source = *sip_message_source(m);
	b->cseq = c->cseq;
	b->q = w->q;
	b->kind = (uint8_t)sip_message_source_kind(m);
	b->flow = w->reg_id ? repro__outbound_flow(c->request, w) : flow_of(m, w);
}

static enum sip_err apply_wish(struct change *c, struct repro_contacts_edit *e, const struct repro__wish *w)
{
	struct repro_binding fresh;

	fill_binding(c, w, e->now_s, &fresh);
	for (unsigned i = 0; i < e->count; i++) {
		if (!is_same_contact(&e->bindings[i], w))
			continue;
		if (is_out_of_order(c, &e->bindings[i])) {
			c->is_old = true;
			return SIP_E_STATE;
		}
		if (w->expires)
			e->bindings[i] = fresh;
		else
			repro_contacts_edit_remove(e, i);
		return SIP_OK;
	}
	return w->expires ? repro_contacts_edit_add(e, &fresh) : SIP_OK;
}

/* Every 200 lists all contacts, also to one who asks by UDP: they leave room in a datagram for what else it says. */
static bool can_be_listed(const struct repro_contacts_edit *e)
{
	size_t size = 0;

	if (e->count <= 1)
		return true;
	for (unsigned i = 0; i < e->count; i++)
		size += e->bindings[i].contact.len + e->bindings[i].instance.len + CONTACT_EXTRA;
	return size <= LISTED_MAX;
}

static enum sip_err change_contacts(void *arg, struct repro_contacts_edit *e)
{
	struct change *c = arg;
	enum sip_err err = SIP_OK;

	if (c->wishes->is_star) {
		for (unsigned i = 0; i < e->count; i++)
			c->is_old |= is_out_of_order(c, &e->bindings[i]);
		if (c->is_old)
			return SIP_E_STATE;
		while (e->count)
			repro_contacts_edit_remove(e, e->count - 1);
		return SIP_OK;
	}
	for (size_t i = 0; i < c->wishes->count && err == SIP_OK; i++)
		err = apply_wish(c, e, &c->wishes->list[i]);
	return err == SIP_OK && !can_be_listed(e) ? SIP_E_TOOBIG : err;
}

static void finish(struct repro_registrar *g, struct repro_request *r, struct repro_contacts *contacts)
{
	repro__register_reply(g, r, contacts);
	repro_contacts_unref(&contacts);
}

/* The change is on disk, or the disk is failing and memory has it: either way it is in force (and the store says it is ill). */
static void on_written(struct repro_job *job)
{
	struct update *u = SIP_CONTAINER(job, struct update, job);
	struct repro_request *r = u->request;
	struct repro_contacts *contacts = u->contacts;

	if (!r->is_answered)
		finish(u->registrar, r, contacts);
	else
		repro_contacts_unref(&contacts);
	repro_request_resume(r);
}

static void on_unwritten(struct repro_job *job)
{
	struct update *u = SIP_CONTAINER(job, struct update, job);

	repro_contacts_unref(&u->contacts);
}

static void refuse_change(struct repro_request *r, const struct change *c, enum sip_err err)
{
	struct sip_metrics_cells *cells = repro_proxy_cells(r->proxy);

	sip_metric_count(cells, err == SIP_E_LIMIT ? REPRO_M_REG_LIMIT : REPRO_M_REG_FAILED);
	if (c->is_old)
		repro_request_refuse(r, SIP_REFUSAL_REGISTER_ORDER); /* bindings stay */
	else if (err == SIP_E_LIMIT)
		repro_request_refuse(r, SIP_REFUSAL_CONTACTS);
	else if (err == SIP_E_TOOBIG)
		repro_request_refuse(r, SIP_REFUSAL_CONTACTS_SIZE);
	else
		repro_request_reply(r, err == SIP_E_FULL ? 503 : 500, NULL);
}

static bool is_merged(const struct repro_registrar *g, const struct repro_request *r, uint64_t id)
{
	const struct sip_name_addr *to = sip_message_name_addr(r->message, SIP_HEADER_TO, 0);

	return !(to && to->tag.p) && repro__merged_is_known(g, id);
}

static enum repro_verdict update_location(struct repro_registrar *g, struct repro_request *r, struct sip_str aor,
					  const struct repro__wishes *wishes)
{
	struct change c = { .registrar = g, .request = r, .wishes = wishes, .cseq = sip_message_cseq(r->message)->number };
	struct update *u = sip_arena_alloc_zero(&r->arena, sizeof *u);
	struct repro_update up = { .aor = aor, .now_s = repro__registrar_now_s(g), .fn = change_contacts, .arg = &c };
	uint64_t id = repro__merged_id(g, r->message, aor);
	enum sip_err err = u ? SIP_OK : SIP_E_NOMEM;

	if (!repro__path_read(r, &c.path))
		return REPRO_DONE;
	if (is_merged(g, r, id)) {
		repro_request_refuse(r, SIP_REFUSAL_REGISTER_MERGED);
		return REPRO_DONE;
	}
	if (err == SIP_OK) {
		u->registrar = g;
		u->request = r;
		u->job.done = on_written;
		u->job.drop = on_unwritten;
		u->job.answers = &g->answers;
		up.completion = &u->job;
		up.cells = repro_proxy_cells(r->proxy);
		err = repro_location_update(g->o.location, &up);
	}
	if (err != SIP_OK) {
		refuse_change(r, &c, err);
		return REPRO_DONE;
	}
	repro__merged_note(g, id);
	sip_metric_count(repro_proxy_cells(r->proxy), wishes->is_star ? REPRO_M_REG_REMOVED : REPRO_M_REG_OK);
	if (up.is_pending) {
		u->contacts = up.contacts;
		return REPRO_WAIT;
	}
	finish(g, r, up.contacts);
	return REPRO_DONE;
}

/* ---- the step ------------------------------------------------------------------------------------------------------------- */

static void reply_too_brief(struct repro_request *r)
{
	struct sip_message *response = repro_request_make_response(r, sip_refusal_code(SIP_REFUSAL_TOO_BRIEF), NULL);
	char text[12];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, r->proxy ? repro_proxy_config(r->proxy)->set.registrar_min_expires : 0);
	if (response && sip_message_add(response, SIP_HEADER_MIN_EXPIRES, sip_buf_str(&b)) != SIP_OK)
		sip_message_unref(&response);
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_TOO_BRIEF);
	repro_request_respond(r, &response);
}

static bool read_wishes(struct repro_request *r, struct repro__wishes *wishes)
{
	repro__wishes_read(r->message, repro_proxy_config(r->proxy), wishes);
	if (wishes->refusal == SIP_REFUSAL_TOO_BRIEF) {
		reply_too_brief(r);
	} else if (wishes->refusal != SIP_REFUSAL_COUNT) {
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_BAD);
		repro_request_refuse(r, wishes->refusal);
	}
	return wishes->refusal == SIP_REFUSAL_COUNT;
}

/* RFC 3261 10.3 step 4: a user may change his own bindings only. */
static bool may_register(struct repro_request *r, struct sip_str aor)
{
	if (repro_proxy_config(r->proxy)->set.disable_auth)
		return true;
	/* "sip:user@host" against "user@realm" */
	if (r->user.len && aor.len > 4 && sip_str_eq(sip_str_from(aor, 4), r->user))
		return true;
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_FORBIDDEN);
	repro_request_refuse(r, SIP_REFUSAL_OTHER_USER);
	return false;
}

enum repro_verdict repro_registrar_process(void *arg, struct repro_request *r)
{
	struct repro_registrar *g = arg;
	const struct sip_name_addr *to;
	struct repro__wishes wishes;
	struct repro_contacts *present;
	char text[512];
	struct sip_buf aor;

	MUST_BE(g, REPRO__REGISTRAR_MAGIC);
	if (r->method != SIP_METHOD_REGISTER || r->role != REPRO_ROLE_IN)
		return REPRO_CONTINUE;
	if (repro_proxy_config(r->proxy)->set.disable_registrar) {
		repro_request_reply_not_allowed(r, SIP_STR("OPTIONS"));
		return REPRO_DONE;
	}
	if (!repro_request_understands(r))
		return REPRO_DONE;
	to = sip_message_name_addr(r->message, SIP_HEADER_TO, 0);
	sip_buf_init_fixed(&aor, text, sizeof text);
	if (to && to->uri.user.len && repro_proxy_is_mine(r->proxy, &to->uri))
		repro_proxy_put_aor(r->proxy, &to->uri, &aor);
	if (aor.err != SIP_OK || aor.len == 0) {
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_BAD);
		repro_request_refuse(r, SIP_REFUSAL_NO_SUCH_USER);
		return REPRO_DONE;
	}
	if (!may_register(r, sip_buf_str(&aor)) || !read_wishes(r, &wishes) || !repro__outbound_read(r, &wishes))
		return REPRO_DONE;
	if (wishes.is_star || wishes.count)
		return update_location(g, r, sip_buf_str(&aor), &wishes);
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_QUERY);
	present = repro_location_find(g->o.location, sip_buf_str(&aor), repro__registrar_now_s(g),
				      repro_proxy_cells(r->proxy));
	finish(g, r, present);
	return REPRO_DONE;
}

/* ---- life ----------------------------------------------------------------------------------------------------------------- */

static void on_sweep(void *arg)
{
	struct repro_registrar *g = arg;

	(void)repro_location_sweep(g->o.location, &g->sweep_cursor, SWEEP_BUCKETS, repro__registrar_now_s(g),
				   repro_proxy_cells(g->proxy));
	sip_loop_arm(repro_proxy_loop(g->proxy), &g->sweep_timer, SWEEP_US);
}

enum sip_err repro_registrar_create(const struct repro_registrar_options *o, struct repro_registrar **out)
{
	struct repro_registrar *g = sip_alloc_zero(sizeof *g);
	enum sip_err err;

	*out = NULL;
	if (!g)
		return SIP_E_NOMEM;
	g->magic = REPRO__REGISTRAR_MAGIC;
	g->o = *o;
	repro_location_ref(g->o.location);
	if (g->o.store)
		repro_store_ref(g->o.store);
	sip_nonces_ref(g->o.nonces);
	sip_timer_init(&g->sweep_timer, on_sweep, g);
	err = sip_digest_hash_create(&g->hash);
	if (err != SIP_OK)
		repro_registrar_destroy(&g);
	*out = g;
	return err;
}

enum sip_err repro_registrar_attach(struct repro_registrar *g, struct repro_proxy *p)
{
	enum sip_err err;

	MUST_BE(g, REPRO__REGISTRAR_MAGIC);
	g->proxy = p;
	err = repro__merged_open(g);
	if (err == SIP_OK)
		err = repro_answers_init(&g->answers, repro_proxy_loop(p));
	g->is_attached = err == SIP_OK;
	if (g->is_attached && repro_proxy_shard(p) == 0)
		sip_loop_arm(repro_proxy_loop(p), &g->sweep_timer, SWEEP_US);
	return err;
}

void repro_registrar_detach(struct repro_registrar *g)
{
	MUST_BE(g, REPRO__REGISTRAR_MAGIC);
	if (!g->is_attached)
		return;
	g->is_attached = false;
	sip_loop_disarm(repro_proxy_loop(g->proxy), &g->sweep_timer);
	repro_answers_close(&g->answers);
	repro_answers_fini(&g->answers);
}

void repro_registrar_destroy(struct repro_registrar **gp)
{
	struct repro_registrar *g = *gp;

	*gp = NULL;
	if (!g)
		return;
	MUST_BE(g, REPRO__REGISTRAR_MAGIC);
	MUST(!g->is_attached);
	repro_location_unref(&g->o.location);
	repro_store_unref(&g->o.store);
	sip_nonces_unref(&g->o.nonces);
	sip_digest_hash_destroy(&g->hash);
	repro__merged_close(g);
	g->magic = 0;
	sip_free(g);
}

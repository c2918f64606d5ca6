/* Intrusive doubly linked list: nodes live in their objects, nothing is allocated. One thread at a time. */
#ifndef STACK_BASE_LIST_H
#define STACK_BASE_LIST_H

#include "stack/base/check.h"

struct sip_list {
	struct sip_list *next; /* in a node not on a list: NULL */
	struct sip_list *prev;
};

static inline void sip_list_init(struct sip_list *head)
{
	head->next = head->prev = head;
}
static inline bool sip_list_is_empty(const struct sip_list *head)
{
	return head->next == head;
}
/* For nodes: zeroed memory is "not on a list". */
static inline bool sip_list_is_linked(const struct sip_list *node)
{
	return node->next != NULL;
}
static inline void sip_list_insert_before(struct sip_list *at, struct sip_list *node)
{
	node->prev = at->prev;
	node->next = at;
	at->prev->next = node;
	at->prev = node;
}
static inline void sip_list_add_tail(struct sip_list *head, struct sip_list *node)
{
	sip_list_insert_before(head, node);
}
static inline void sip_list_add_head(struct sip_list *head, struct sip_list *node)
{
	sip_list_insert_before(head->next, node);
}
/* A node that is on no list is left alone. */
static inline void sip_list_remove(struct sip_list *node)
{
	if (!node->next)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}
/* The first node taken off, or NULL. */
static inline struct sip_list *sip_list_pop(struct sip_list *head)
{
	struct sip_list *node = head->next;
	if (node == head)
		return NULL;
	sip_list_remove(node);
	return node;
}
/* Everything on `from` goes to the tail of `to`; `from` is empty after. */
static inline void sip_list_splice_tail(struct sip_list *to, struct sip_list *from)
{
	if (sip_list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	sip_list_init(from);
}

#define SIP_LIST_FOR(node, head)                                               \
	for (struct sip_list *node = (head)->next; node != (head); node = node->next)
/* The body may remove `node`. */
#define SIP_LIST_FOR_SAFE(node, after, head)                                   \
	for (struct sip_list *node = (head)->next, *after = node->next; node != (head); \
	     node = after, after = node->next)

#endif

/*
 * How a change of an order is done (order_change.c, order_replace.c): on copies, which are put back
 * when all of it fits. What was spent is taken off the pool first; then the orders let go of what
 * they do not need any more.
 */
#ifndef ORDERS_ORDER_WORK_H
#define ORDERS_ORDER_WORK_H

#include "order_change.h"
#include "order_hold.h"

enum partner { PARTNER_NONE, PARTNER_REPLACEMENT, PARTNER_SIBLING };

struct order_work {
	struct order order, other;
	enum partner partner; /* what other is */
	struct balances balances;
	struct order_need before, pool; /* what both hold: before the change, and as it goes on */
};

/* Copies; refuses orders that do not belong together. */
enum order_fault order_work_begin(struct order_work *work,
				  const struct order_scene *scene) BUS_MUST_CHECK;
/* After the order's quantities have changed: lets go, and says who holds what is left. */
bool order_work_settle(struct order_work *work) BUS_MUST_CHECK;
void order_work_commit(const struct order_work *work, struct order_scene *scene);
/* The common end of all changes but a fill: settles, frees, commits. */
enum order_fault order_work_finish(struct order_work *work, struct order_scene *scene,
				   struct order_released *released) BUS_MUST_CHECK;

struct order_need order_work_sum(struct order_need a, struct order_need b);
/* Does the book have it, as far as the desk knows? */
bool order_work_in_book(const struct order *order);
bool order_work_replacement_open(const struct order *replacement);
/* Two orders of one side and symbol. */
bool order_work_together(const struct order *order, const struct order *other);
/* What would be open of a replacement if it took the order's place now. */
struct bus_quantity order_work_replacement_leaves(const struct order *order,
						  const struct order *replacement);

#endif

/*
 * Whether two states of a processor are the same in all that a decision could depend on: NULL, or
 * what is not. Each of the files looks into its service.
 */
#ifndef PROP_SEAL_H
#define PROP_SEAL_H

const char *seal_desk_differs(void *state, void *twin);
const char *seal_book_differs(void *state, void *twin);
const char *seal_ledger_differs(void *state, void *twin);

#endif

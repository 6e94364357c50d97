/* What `bourse statement` and `bourse returns` share: an account of the ledger's store. */
#ifndef CLI_STATEMENT_H
#define CLI_STATEMENT_H

#include "args.h"
#include "client.h"

/* The store of the ledger; owned (PQfinish). NULL after saying why there is none. */
PGconn *statement_store(void);
/* Rows for the account; owned (PQclear). NULL after saying why there are none. */
PGresult *statement_rows(PGconn *conn, const char *sql, const char *account, const char *date);
/* A UUID in its usual form. */
bool statement_account(const char *text);
/* An amount in millionths as a decimal. Static memory, overwritten by the eighth call after. */
const char *statement_amount(int64_t micros);

#endif

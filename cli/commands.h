/*
 * What the command `bourse` can be asked for: one function a command, in a file of its name. Each
 * gets its own arguments, argv[0] being its name, and returns the exit status of the process.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* it could not be done, or what was checked is not right */
	CLI_USAGE = 2,	/* it was asked for wrongly; nothing was done */
};

int cmd_topics(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_lag(int argc, char **argv);
int cmd_refused(int argc, char **argv);
int cmd_parked(int argc, char **argv);
int cmd_flow(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_returns(int argc, char **argv);
int cmd_statement(int argc, char **argv);
int cmd_run(int argc, char **argv);

#endif

/* Everything a handle can name. Rows only, no guard. */
/*         id                   text                    what it is */
DUM_HANDLE(NONE, "none", "nothing, or something that is gone")
DUM_HANDLE(SET, "dialog set", "all that came of one request: its dialogs and usages")
DUM_HANDLE(DIALOG, "dialog", "a peer-to-peer relation (RFC 3261 12)")
DUM_HANDLE(SESSION, "session", "an INVITE session in a dialog (RFC 3261 13)")
DUM_HANDLE(REGISTRATION, "registration", "our bindings at a registrar (RFC 3261 10.2)")
DUM_HANDLE(SERVER_REGISTRATION, "server registration", "a REGISTER that waits for its answer (RFC 3261 10.3)")
DUM_HANDLE(PAGER, "pager", "a request of ours out of dialogs: MESSAGE (RFC 3428) or another")
DUM_HANDLE(REQUEST, "request", "a request of ours, and its answer to come")
DUM_HANDLE(SERVER_REQUEST, "server request", "a request that waits for our answer")

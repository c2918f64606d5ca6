/* The four machines, one file each. Rows only, no guard. */
SIP__MACHINE(CLIENT_INVITE, client_invite)
SIP__MACHINE(CLIENT_OTHER, client_other)
SIP__MACHINE(SERVER_INVITE, server_invite)
SIP__MACHINE(SERVER_OTHER, server_other)

/* Record types the resolver asks for, with their numbers. Rows only, no guard. */
DNS_TYPE(A, 1)
DNS_TYPE(AAAA, 28)
DNS_TYPE(SRV, 33)
DNS_TYPE(NAPTR, 35)

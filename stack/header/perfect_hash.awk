# Makes a perfect hash over the names in a table of X-macro rows: the slot of every name is its own.
#   awk -v macro=SIP_HEADER -v prefix=header -f perfect_hash.awk header_table.h >header_hash.h
# A row is MACRO(ID, "name", 'c', ...); 'c' is a second, one-letter name; 0 or anything else is none.
# The hash mixes the length and four letters of the name, lower-cased; header_priv.h says the same in C.

function code(c,    at)
{
	at = index(ascii, c)
	if (at == 0) {
		print "perfect_hash.awk: a name may not hold '" c "'" >"/dev/stderr"
		failed = 1
		exit 1
	}
	at += 31
	# What OR 0x20 does.
	return int(at / 32) % 2 ? at : at + 32
}

function add(name, id,    n)
{
	n = length(name)
	len[count] = n
	c1[count] = code(substr(name, 1, 1))
	c2[count] = code(substr(name, int(n / 2) + 1, 1))
	c3[count] = code(substr(name, int(n * 3 / 4) + 1, 1))
	c4[count] = code(substr(name, n, 1))
	ids[count++] = id
}

function draw()
{
	seed = (seed * 69069 + 1) % 4294967296
	return int(seed / 65536) % 4096 * 2 + 1
}

function try_once(size,    i, h)
{
	k1 = draw()
	k2 = draw()
	k3 = draw()
	k4 = draw()
	split("", slot)
	for (i = 0; i < count; i++) {
		h = int((c1[i] * k1 + c2[i] * k2 + c3[i] * k3 + c4[i] * k4 + len[i] * 8) / 8) % size
		if (h in slot)
			return 0
		slot[h] = ids[i]
	}
	return 1
}

function write_table(size,    i)
{
	print "/* Made by perfect_hash.awk; not to be edited. */"
	print "#define " toupper(prefix) "_K1 " k1 "u"
	print "#define " toupper(prefix) "_K2 " k2 "u"
	print "#define " toupper(prefix) "_K3 " k3 "u"
	print "#define " toupper(prefix) "_K4 " k4 "u"
	print "static const uint8_t " prefix "_slots[" size "] = {"
	for (i = 0; i < size; i++) {
		if (i in slot)
			print "\t[" i "] = " macro "_" slot[i] ","
	}
	print "};"
}

BEGIN {
	ascii = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
	seed = 3261
	count = 0
}

index($0, macro "(") == 1 {
	id = substr($0, length(macro) + 2)
	sub(/,.*/, "", id)
	split($0, quoted, "\"")
	add(quoted[2], id)
	if (match($0, /, '[a-z]',/))
		add(substr($0, RSTART + 3, 1), id)
}

END {
	if (failed)
		exit 1
	size = 64
	while (size < count)
		size *= 2
	for (; size <= 4096; size *= 2) {
		for (tries = 0; tries < 2000; tries++) {
			if (try_once(size)) {
				write_table(size)
				exit 0
			}
		}
	}
	print "perfect_hash.awk: two names of " FILENAME " agree in length and all four letters" >"/dev/stderr"
	exit 1
}

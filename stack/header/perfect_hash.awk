# Makes a perfect hash over the names in a table of X-macro rows: the slot of every name is its own.
#   awk -v macro=SIP_HEADER -v prefix=header -f perfect_hash.awk header_table.h >header_hash.h
# A row is MACRO(ID, "name", 'c', ...); 'c' is a second, one-letter name; 0 or anything else is none.
# The hash mixes the length and the first and last four letters of the name, lower-cased; header_priv.h says the
# same in C. Products stay below 2^53, where awk's numbers are exact.

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

# Letters from place `at` on as a word of four, the first the lowest.
function word(name, at)
{
	return code(substr(name, at, 1)) + 256 * code(substr(name, at + 1, 1)) + 65536 * code(substr(name, at + 2, 1)) + \
		16777216 * code(substr(name, at + 3, 1))
}

function add(name, id,    n)
{
	n = length(name)
	len[count] = n
	if (n >= 4) {
		first[count] = word(name, 1)
		last[count] = word(name, n - 3)
	} else {
		first[count] = code(substr(name, 1, 1)) + 256 * code(substr(name, int(n / 2) + 1, 1)) + \
			65536 * code(substr(name, n, 1)) + 16777216 * 32
		last[count] = first[count]
	}
	ids[count++] = id
}

function draw()
{
	seed = (seed * 69069 + 1) % 4294967296
	return int(seed / 4096) % 524288 * 2 + 1
}

function try_once(size,    i, h)
{
	k1 = draw()
	k2 = draw()
	k3 = draw()
	split("", slot)
	for (i = 0; i < count; i++) {
		h = int((first[i] * k1 % TWO32 + last[i] * k2 % TWO32 + len[i] * k3) % TWO32 / 65536) % size
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
	print "#define " toupper(prefix) "_SLOT_COUNT " size
	print "#define " toupper(prefix) "_SLOTS \\"
	for (i = 0; i < size; i++) {
		if (i in slot)
			print "\t[" i "] = " macro "_" slot[i] ", \\"
	}
	print ""
}

BEGIN {
	ascii = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
	seed = 3261
	TWO32 = 4294967296
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
	print "perfect_hash.awk: two names of " FILENAME " agree in length, first and last letters" >"/dev/stderr"
	exit 1
}

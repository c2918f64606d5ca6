/* Every torture message of our own: the verdict of its section, and over a stream the same however it is cut. */
#include "tests/torture/torture.h"

#include <stdio.h>

static bool is_verdict_right(const struct torture_row *row, struct sip_str bytes)
{
	struct sip_check check;
	enum sip_verdict verdict = torture_judge(bytes, &check);
	bool is_right = row->verdict == TORTURE_EITHER;
	if (row->verdict == TORTURE_ACCEPT)
		is_right = verdict == SIP_ACCEPT;
	else if (row->verdict == TORTURE_REJECT)
		is_right = row->code ? verdict == SIP_ANSWER && check.code == row->code : verdict == SIP_DROP;
	if (!is_right)
		printf("FAIL %s %s: verdict %d %u %s\n", row->section, row->what, (int)verdict, check.code, check.reason);
	return is_right;
}

static unsigned run(const struct torture_row *rows, size_t count)
{
	unsigned failures = 0;
	for (size_t i = 0; i < count; i++) {
		struct sip_str bytes = torture_bytes(&rows[i]);
		if (!bytes.p)
			return failures + 1;
		failures += !is_verdict_right(&rows[i], bytes);
		size_t at = torture_split(bytes, 1);
		if (at != SIZE_MAX) {
			failures++;
			printf("FAIL %s %s: cut at byte %zu it is not what it is whole\n", rows[i].section, rows[i].what, at);
		}
		sip_free((void *)(uintptr_t)bytes.p);
	}
	return failures;
}

int main(void)
{
	unsigned failures = run(torture_rows_4475, torture_count_4475) + run(torture_rows_5118, torture_count_5118);
	printf("%zu messages, %u failures\n", torture_count_4475 + torture_count_5118, failures);
	return failures != 0;
}

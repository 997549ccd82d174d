"""Test Anything Protocol: one numbered line per test, the plan at the end."""
import sys
import traceback


class Tap:
    def __init__(self):
        self.count = self.failed = self.skipped = 0

    def _line(self, text):
        sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
        sys.stdout.flush()

    def note(self, text):
        for line in str(text).splitlines():
            self._line("# " + line[:2000])

    def ok(self, good, name, details=()):
        """One test; the details are shown when it failed."""
        self.count += 1
        self._line("%s %d - %s" % ("ok" if good else "not ok", self.count, name.replace("#", "")))
        if not good:
            self.failed += 1
            for detail in list(details)[:12]:
                self.note(detail)
        return good

    def check(self, name, problems):
        """One test that is good when there are no problems."""
        return self.ok(not problems, name, problems)

    def skip(self, name, reason):
        self.count += 1
        self.skipped += 1
        self._line("ok %d - %s # SKIP %s" % (self.count, name, reason))

    def attempt(self, name, function, attempts=1):
        """Test that function() returns no problems; statistical ones may be given a second attempt."""
        problems = []
        for attempt in range(attempts):
            try:
                problems = function()
            except Exception:  # the test fails, the others go on
                lines = traceback.format_exc().splitlines()
                problems = lines[-1:] + lines[-11:-1]
            if not problems:
                break
            if attempt + 1 < attempts:
                self.note("%s: once more, because: %s" % (name, problems[0]))
        return self.check(name, problems)

    def done(self):
        self._line("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0


def skip_all(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def bail_out(reason):
    print("Bail out! " + reason)
    sys.exit(1)

package audit

import "time"

// Time reads a timestamp as the API server writes it (metav1.MicroTime,
// RFC 3339 with six decimals and Z), or any other RFC 3339 text. ok is false
// for anything else, and for a time that Falco cannot express: it counts
// nanoseconds since 1970 in 64 bits.
func Time(text []byte) (t time.Time, ok bool) {
	t, ok = utcTime(text)
	if !ok {
		var err error
		if t, err = time.Parse(time.RFC3339Nano, string(text)); err != nil {
			return time.Time{}, false
		}
	}
	if year := t.Year(); year < 1970 || year > 2261 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// utcTime reads 2006-01-02T15:04:05.999999999Z without allocating; it leaves
// whatever is not exactly so to the library.
func utcTime(s []byte) (time.Time, bool) {
	const seconds = len("2006-01-02T15:04:05")
	if len(s) < seconds+1 || s[len(s)-1] != 'Z' || len(s) > seconds+11 {
		return time.Time{}, false
	}
	if s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	year, month, day := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	nanos := fraction(s[seconds : len(s)-1])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > 28 || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || second < 0 || second > 59 || nanos < 0 {
		return time.Time{}, false // also days 29 to 31, which not every month has
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC), true
}

// fraction reads .5 as 500,000,000 nanoseconds; -1 when s is not of that form.
func fraction(s []byte) int {
	if len(s) == 0 {
		return 0
	}
	n := digits(s[1:])
	if s[0] != '.' || len(s) == 1 || n < 0 {
		return -1
	}
	for range 10 - len(s) {
		n *= 10
	}
	return n
}

// digits reads a decimal number without a sign; -1 when s is none.
func digits(s []byte) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

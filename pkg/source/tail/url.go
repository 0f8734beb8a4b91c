package tail

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// parameters are what the query of a file URL may set.
var parameters = map[string]func(o *Options, value string) error{
	"startAt": func(o *Options, value string) error {
		o.StartAt = Start(value)
		return nil
	},
	"checkpointDir": func(o *Options, value string) error {
		o.CheckpointDir = value
		return nil
	},
	"pollInterval": func(o *Options, value string) (err error) {
		o.PollInterval, err = time.ParseDuration(value)
		return err
	},
}

// ParseURL reads file:///path?startAt=beginning&… into a copy of o: the path,
// and what the query sets. The parameters are startAt (end or beginning),
// checkpointDir (empty for none) and pollInterval (as 500ms).
func ParseURL(text string, o Options) (Options, error) {
	u, err := url.Parse(text)
	if err != nil {
		return o, fmt.Errorf("%q is not a URL: %w", text, err)
	}
	if u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || u.Path == "" || u.Fragment != "" {
		return o, fmt.Errorf("%q does not name a log: give it by its absolute path, with three slashes, as in file:///var/log/kubernetes/audit/audit.log", text)
	}
	o.Path = u.Path
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return o, fmt.Errorf("the parameters of %q are malformed: %w", text, err)
	}
	for name, values := range query {
		set, ok := parameters[name]
		if !ok {
			return o, fmt.Errorf("%q has the unknown parameter %q: it may have %s", text, name, known())
		}
		if err := set(&o, values[len(values)-1]); err != nil {
			return o, fmt.Errorf("the parameter %s of %q is malformed: %w", name, text, err)
		}
	}
	return o, o.complete()
}

// known names the parameters for people.
func known() string {
	var names []string
	for name := range parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

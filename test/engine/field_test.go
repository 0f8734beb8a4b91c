package engine

import (
	"reflect"
	"testing"
)

func TestFieldsAreReadFromTheirTables(t *testing.T) {
	const markdown = "## Field Class: evt\n\nEvent Sources: k8s_audit \n\nName | Type | Description\n:----|:-----|:-----------\n" +
		"`evt.num` | UINT64 | event number.\n\n" +
		"## Field Class: k8saudit (plugin)\n\nName | Type | Description\n:----|:-----|:-----------\n" +
		"`ka.verb` | CHARBUF | the verb | of the request\n`ka.user.groups` | LIST(CHARBUF) | groups\n\n" +
		"## Field Class: json (plugin)\n\n`json.value` | CHARBUF | x\n"
	want := []Field{{"ka.verb", "CHARBUF", "the verb | of the request"}, {"ka.user.groups", "LIST(CHARBUF)", "groups"}}
	if got := parseFields(markdown); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

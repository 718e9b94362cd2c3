// net/http handlers.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strings"
)

func reply(w http.ResponseWriter, r *http.Request, b []byte, h [][2]string) {
	if h == nil {
		h = [][2]string{{"Host", r.Host}}
		var ks []string
		for k := range r.Header {
			ks = append(ks, k)
		}
		sort.Strings(ks)
		for _, k := range ks {
			for _, v := range r.Header[k] {
				h = append(h, [2]string{k, v})
			}
		}
	}
	json.NewEncoder(w).Encode(map[string]interface{}{"body_b64": base64.StdEncoding.EncodeToString(b), "headers": h, "method": r.Method, "url": r.URL.String()})
}

func sig(k string) bool { k = strings.ToLower(k); return (strings.Contains(k, "sign") || strings.Contains(k, "hmac")) && !strings.Contains(k, "time") }

func main() {
	port := os.Args[1]
	m := http.NewServeMux()
	type fn func(raw []byte, r *http.Request) []byte
	jsonAny := func(f func(v interface{}) []byte) fn {
		return func(raw []byte, r *http.Request) []byte {
			var v interface{}
			if e := json.Unmarshal(raw, &v); e != nil {
				panic(e)
			}
			return f(v)
		}
	}
	must := func(b []byte, e error) []byte {
		if e != nil {
			panic(e)
		}
		return b
	}
	routes := map[string]fn{
		"/marshal": jsonAny(func(v interface{}) []byte { return must(json.Marshal(v)) }),
		"/marshalindent": jsonAny(func(v interface{}) []byte { return must(json.MarshalIndent(v, "", "  ")) }),
		"/encoder": jsonAny(func(v interface{}) []byte { var b bytes.Buffer; json.NewEncoder(&b).Encode(v); return b.Bytes() }),
		"/encodernohtml": jsonAny(func(v interface{}) []byte { var b bytes.Buffer; e := json.NewEncoder(&b); e.SetEscapeHTML(false); e.Encode(v); return b.Bytes() }),
		"/sprint": jsonAny(func(v interface{}) []byte { return []byte(fmt.Sprint(v)) }),
		"/sprintplus": jsonAny(func(v interface{}) []byte { return []byte(fmt.Sprintf("%#v", v)) }),
		"/number": func(raw []byte, r *http.Request) []byte { d := json.NewDecoder(bytes.NewReader(raw)); d.UseNumber(); var v interface{}; d.Decode(&v); return must(json.Marshal(v)) },
		"/rawmessage": func(raw []byte, r *http.Request) []byte { return must(json.Marshal(json.RawMessage(raw))) },
		"/rawindent": func(raw []byte, r *http.Request) []byte { return must(json.MarshalIndent(json.RawMessage(raw), "", "  ")) },
		"/indent": func(raw []byte, r *http.Request) []byte { var b bytes.Buffer; json.Indent(&b, raw, "", "\t"); return b.Bytes() },
		"/indent2": func(raw []byte, r *http.Request) []byte { var b bytes.Buffer; json.Indent(&b, raw, "", "  "); return b.Bytes() },
		"/compact": func(raw []byte, r *http.Request) []byte { var b bytes.Buffer; json.Compact(&b, raw); return b.Bytes() },
		"/htmlescape": func(raw []byte, r *http.Request) []byte { var b bytes.Buffer; json.HTMLEscape(&b, raw); return b.Bytes() },
		"/marshalbytes": func(raw []byte, r *http.Request) []byte { return must(json.Marshal(raw)) },
		"/marshalstring": func(raw []byte, r *http.Request) []byte { return must(json.Marshal(string(raw))) },
		"/sprintbytes": func(raw []byte, r *http.Request) []byte { return []byte(fmt.Sprint(raw)) },
		"/base64": func(raw []byte, r *http.Request) []byte { return []byte(base64.StdEncoding.EncodeToString(raw)) },
		"/base64url": func(raw []byte, r *http.Request) []byte { return []byte(base64.RawURLEncoding.EncodeToString(raw)) },
		"/html": func(raw []byte, r *http.Request) []byte { return []byte(html.EscapeString(string(raw))) },
		"/template": func(raw []byte, r *http.Request) []byte { return []byte(template.HTMLEscapeString(string(raw))) },
		"/println": func(raw []byte, r *http.Request) []byte { return []byte(fmt.Sprintln(string(raw))) },
		"/trimspace": func(raw []byte, r *http.Request) []byte { return bytes.TrimSpace(raw) },
		"/scanner": func(raw []byte, r *http.Request) []byte { s := bufio.NewScanner(bytes.NewReader(raw)); s.Buffer(nil, 1<<20); o := ""; for s.Scan() { o += s.Text() }; return []byte(o) },
		"/formencode": func(raw []byte, r *http.Request) []byte { v, _ := url.ParseQuery(string(raw)); return []byte(v.Encode()) },
		"/formjson": func(raw []byte, r *http.Request) []byte { v, _ := url.ParseQuery(string(raw)); return must(json.Marshal(v)) },
		"/payload": func(raw []byte, r *http.Request) []byte { v, _ := url.ParseQuery(string(raw)); return []byte(v.Get("payload")) },
		"/unescape": func(raw []byte, r *http.Request) []byte { s, _ := url.QueryUnescape(string(raw)); return []byte(s) },
		"/limit": func(raw []byte, r *http.Request) []byte { b, _ := io.ReadAll(io.LimitReader(bytes.NewReader(raw), 512)); return b },
		"/validutf8": func(raw []byte, r *http.Request) []byte { o := ""; for _, c := range raw { o += string(rune(c)) }; return []byte(o) },
		"/raw": func(raw []byte, r *http.Request) []byte { return raw },
	}
	for p, f := range routes {
		f := f
		m.HandleFunc(p, func(w http.ResponseWriter, r *http.Request) { raw, _ := io.ReadAll(r.Body); reply(w, r, f(raw, r), nil) })
	}
	m.HandleFunc("/parseform", func(w http.ResponseWriter, r *http.Request) { r.ParseForm(); b, _ := io.ReadAll(r.Body); reply(w, r, b, nil) })
	m.HandleFunc("/decodethenread", func(w http.ResponseWriter, r *http.Request) { var v interface{}; json.NewDecoder(r.Body).Decode(&v); b, _ := io.ReadAll(r.Body); reply(w, r, b, nil) })
	m.HandleFunc("/readonce", func(w http.ResponseWriter, r *http.Request) { b := make([]byte, 1024); n, _ := r.Body.Read(b); reply(w, r, b[:n], nil) })
	m.HandleFunc("/sprintheader", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		h := [][2]string{{"Host", r.Host}}
		var ks []string
		for k := range r.Header { ks = append(ks, k) }
		sort.Strings(ks)
		for _, k := range ks { v := r.Header.Get(k); if sig(k) { v = fmt.Sprint(r.Header[k]) }; h = append(h, [2]string{k, v}) }
		reply(w, r, raw, h)
	})
	m.HandleFunc("/timefloat", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		h := [][2]string{{"Host", r.Host}}
		var ks []string
		for k := range r.Header { ks = append(ks, k) }
		sort.Strings(ks)
		for _, k := range ks { v := r.Header.Get(k); if strings.Contains(strings.ToLower(k), "time") { var f float64; json.Unmarshal([]byte(v), &f); v = fmt.Sprint(f) }; h = append(h, [2]string{k, v}) }
		reply(w, r, raw, h)
	})
	http.ListenAndServe("127.0.0.1:"+port, m)
}

<?php
// php -S: each path is one careless handler.
$in = file_get_contents('php://input'); $p = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$h = []; foreach (getallheaders() as $k => $v) $h[] = [$k, $v]; $url = $_SERVER['REQUEST_URI'];
$srv = function () { $o = []; foreach ($_SERVER as $k => $v) if (strpos($k, 'HTTP_') === 0 || $k === 'CONTENT_TYPE' || $k === 'CONTENT_LENGTH') $o[] = [$k, $v]; return $o; };
switch ($p) {
 case '/encode': $b = json_encode(json_decode($in)); break;
 case '/encodearr': $b = json_encode(json_decode($in, true)); break;
 case '/encodeunesc': $b = json_encode(json_decode($in), JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE); break;
 case '/encodeslashes': $b = json_encode(json_decode($in), JSON_UNESCAPED_SLASHES); break;
 case '/encodeunicode': $b = json_encode(json_decode($in), JSON_UNESCAPED_UNICODE); break;
 case '/pretty': $b = json_encode(json_decode($in), JSON_PRETTY_PRINT); break;
 case '/prettyunesc': $b = json_encode(json_decode($in), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE); break;
 case '/zero': $b = json_encode(json_decode($in), JSON_PRESERVE_ZERO_FRACTION); break;
 case '/hex': $b = json_encode(json_decode($in), JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT); break;
 case '/numeric': $b = json_encode(json_decode($in, true), JSON_NUMERIC_CHECK); break;
 case '/bigstr': $b = json_encode(json_decode($in, false, 512, JSON_BIGINT_AS_STRING)); break;
 case '/ksort': $a = json_decode($in, true); ksort($a); $b = json_encode($a); break;
 case '/post': $b = http_build_query($_POST); break;
 case '/post3986': $b = http_build_query($_POST, '', '&', PHP_QUERY_RFC3986); break;
 case '/postjson': $b = json_encode($_POST); break;
 case '/payload': $b = $_POST['payload']; break;
 case '/urldecode': $b = urldecode($in); break;
 case '/rawurldecode': $b = rawurldecode($in); break;
 case '/utf8encode': $b = @utf8_encode($in); break;
 case '/utf8decode': $b = @utf8_decode($in); break;
 case '/mb1252': $b = mb_convert_encoding($in, 'UTF-8', 'Windows-1252'); break;
 case '/mbascii': $b = mb_convert_encoding($in, 'ASCII', 'UTF-8'); break;
 case '/entities': $b = htmlentities($in); break;
 case '/special': $b = htmlspecialchars($in); break;
 case '/specialnoq': $b = htmlspecialchars($in, ENT_NOQUOTES); break;
 case '/sanitize': $b = filter_var($in, FILTER_SANITIZE_FULL_SPECIAL_CHARS); break;
 case '/trim': $b = trim($in); break;
 case '/lines': $b = implode("\r\n", preg_split('/\n/', $in)); break;
 case '/eol': $b = $in . PHP_EOL; break;
 case '/printr': $b = print_r(json_decode($in, true), true); break;
 case '/varexport': $b = var_export(json_decode($in, true), true); break;
 case '/array': $b = @(string)(array)json_decode($in, true); break;
 case '/serialize': $b = serialize(json_decode($in, true)); break;
 case '/base64': $b = base64_encode($in); break;
 case '/fread': $f = fopen('php://input', 'r'); $b = fread($f, 8192); break;
 case '/substr': $b = substr($in, 0, 255); break;
 case '/nothing': $b = $HTTP_RAW_POST_DATA ?? ''; break;
 case '/server': $b = $in; $h = $srv(); break;
 case '/serverstrip': $b = $in; $h = array_map(fn($x) => [str_replace('HTTP_', '', $x[0]), $x[1]], $srv()); break;
 case '/servercontent': $b = json_encode(json_decode($in)); $h = $srv(); break;
 default: $b = $in;
}
header('content-type: application/json');
if ($p === '/write') { echo json_encode(json_decode($in)); return; }
if ($p === '/writepretty') { echo json_encode(json_decode($in), JSON_PRETTY_PRINT); return; }
if ($p === '/url') $url = (empty($_SERVER['HTTPS']) ? 'http' : 'https') . '://' . $_SERVER['HTTP_HOST'] . $_SERVER['REQUEST_URI'];
echo json_encode(['body_b64' => base64_encode((string)$b), 'headers' => $h, 'method' => $_SERVER['REQUEST_METHOD'], 'url' => $url], JSON_INVALID_UTF8_SUBSTITUTE);

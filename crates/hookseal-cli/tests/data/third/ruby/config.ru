require 'json'; require 'base64'; require 'active_support'; require 'active_support/json'; require 'active_support/core_ext/object/to_query'; require 'cgi'; require 'erb'; require 'rack'
dash = ->(env) { env.select { |k, _| k.start_with?('HTTP_') || %w[CONTENT_TYPE CONTENT_LENGTH].include?(k) }.map { |k, v| [k.sub('HTTP_', '').split('_').map(&:capitalize).join('-'), v] } }
run(lambda do |env|
  io = env['rack.input']; raw = io.read.to_s; io.rewind; raw.force_encoding('BINARY'); u = raw.dup.force_encoding('UTF-8'); h = dash.(env); url = env['REQUEST_URI'] || env['PATH_INFO']
  b = case env['PATH_INFO']
  when '/generate' then JSON.generate(JSON.parse(u))
  when '/pretty' then JSON.pretty_generate(JSON.parse(u))
  when '/railstojson' then JSON.parse(u).to_json
  when '/asjson' then ActiveSupport::JSON.encode(ActiveSupport::JSON.decode(u))
  when '/inspect' then JSON.parse(u).to_s
  when '/paramsinspect' then Rack::Utils.parse_nested_query(u).inspect
  when '/query' then Rack::Utils.build_query(Rack::Utils.parse_query(u))
  when '/nested' then Rack::Utils.build_nested_query(Rack::Utils.parse_nested_query(u))
  when '/toquery' then Rack::Utils.parse_nested_query(u).to_query
  when '/wwwform' then URI.encode_www_form(URI.decode_www_form(u))
  when '/formjson' then Rack::Utils.parse_nested_query(u).to_json
  when '/payload' then Rack::Utils.parse_nested_query(u)['payload']
  when '/cgiunescape' then CGI.unescape(u)
  when '/latin1' then raw.dup.force_encoding('ISO-8859-1').encode('UTF-8')
  when '/win1252' then raw.dup.force_encoding('Windows-1252').encode('UTF-8', invalid: :replace, undef: :replace)
  when '/ascii' then u.encode('US-ASCII', invalid: :replace, undef: :replace, replace: '?')
  when '/scrub' then raw.dup.force_encoding('US-ASCII').scrub('')
  when '/escapehtml' then CGI.escapeHTML(u)
  when '/erb' then ERB::Util.html_escape(u)
  when '/chomp' then u.chomp
  when '/strip' then u.strip
  when '/squish' then u.gsub(/\s+/, ' ')
  when '/crlf' then u.encode(crlf_newline: true)
  when '/puts' then s = StringIO.new; s.puts(u); s.string
  when '/twice' then u.to_json
  when '/read2' then io.read; io.read.to_s
  when '/base64' then Base64.encode64(raw)
  when '/strict64' then Base64.strict_encode64(raw)
  when '/read1k' then io.read(1024)
  when '/env', '/envgenerate' then h = env.select { |k, _| k.start_with?('HTTP_') || %w[CONTENT_TYPE CONTENT_LENGTH].include?(k) }.to_a; env['PATH_INFO'] == '/env' ? raw : JSON.generate(JSON.parse(u))
  when '/parammap' then ({ 'webhook' => JSON.parse(u) }).to_json
  else raw end
  url = Rack::Request.new(env).url if env['SERVER_PORT'] && env['PATH_INFO'].start_with?('/u')
  [200, { 'content-type' => 'application/json' }, [JSON.generate({ body_b64: Base64.strict_encode64(b.to_s.b), headers: h.map { |k, v| [k, v.to_s.dup.force_encoding('UTF-8')] }, method: env['REQUEST_METHOD'], url: url })]]
end)

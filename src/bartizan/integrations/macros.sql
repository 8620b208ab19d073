-- Functions that several mappings share. Each may call those above it.

-- JSON text as Java's Map.toString prints it, `{key=value, list=[a, b]}`: the text that public rules match on.
-- One pass marks strings (\x04 after, \x03 at the end of a token) and structural commas, which a JSON text cannot hold
-- unescaped; the marks then tell a key's colon and a structural comma from those inside strings. Escapes are decoded last.
CREATE FUNCTION javaMapMarked AS (json) ->
    replaceRegexpAll(json, '"((?:[^"\\\\]|\\\\.)*)"|(,)', '\\1\x04\\2\x03');
CREATE FUNCTION javaMapPlain AS (marked) ->
    replaceAll(replaceAll(replaceAll(marked, '\x04,\x03', ', '), '\x04\x03:', '='), '\x04\x03', '');
CREATE FUNCTION javaMap AS (json) ->
    if(position(json, '\\') = 0, javaMapPlain(javaMapMarked(json)),
       JSONExtractString(concat('"', javaMapPlain(javaMapMarked(json)), '"')));

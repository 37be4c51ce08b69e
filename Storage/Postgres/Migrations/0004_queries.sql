-- An exception block costs as much as the parsing of a small document: one for each document that is well, and the repair apart.

-- Numbers that decimals are too small for are cut to what is left of them in a double. Null if it is no JSON then, either.
create function muster_repaired(document text) returns jsonb language plpgsql immutable strict as $$
begin
  return string_agg(case when left(part[1], 1) = '"' then part[1] else
      regexp_replace(regexp_replace(regexp_replace(part[1],
        '(\.(?:[0-9]{200}){4})[0-9]+', '\1', 'g'), '[eE]-[0-9]{4,}', 'e-999', 'g'), '[eE]\+?[0-9]{4,}', 'e0', 'g') end, '' order by n)::jsonb
    from regexp_matches(document, '"(?:[^"\\]|\\.)*"|[^"]+', 'g') with ordinality as parts (part, n);
exception when others then
  return null;
end $$;

create or replace function muster_json(document text) returns jsonb language plpgsql immutable strict as $$
begin
  if strpos(document, '\u000') > 0 then
    document := muster_text(document);
  end if;
  return document::jsonb;
exception when others then
  return muster_repaired(document);
end $$;

-- A vendor's own CommandCode and extension of Q.4164 Ck, added to what the ck plugin shows. Copy it and put yours in:
--   tshark -X lua_script:vendor.lua -r FILE          for once, or
--   the "Personal Lua Plugins" folder of Wireshark's Help > About > Folders, for always.
-- Two tables of the plugin take dissectors:
--   ck.command    by CommandCode: the dissector is given the payload, JSON or not;
--   ck.extension  by the name of an object in Extension: of {"qos": VALUE} it is given the bytes of VALUE, of
--                 {"name": "qos", ...} the whole object.
-- An error in here is shown in the packet where it happened, and spoils nothing else.

-- CommandCode 0x1480, "Key pool status": {"pool": "KMA-1/KMA-2", "available": 512}
local status = Proto("acme_status", "ACME key pool status")
local pool = ProtoField.string("acme_status.pool", "Pool")
local available = ProtoField.uint32("acme_status.available", "Keys available", base.DEC)
status.fields = {pool, available}

-- Adds what `pattern` captures in `text`, over exactly its bytes. The pattern begins and ends with an empty capture.
local function add(tree, field, tvb, text, pattern, convert)
  local first, value, behind = text:match(pattern)
  if first then tree:add(field, tvb(first - 1, behind - first), convert and convert(value) or value) end
end

function status.dissector(tvb, pinfo, tree)
  local text = tvb():string()
  local subtree = tree:add(status, tvb())
  add(subtree, pool, tvb, text, '"pool"%s*:%s*"()([^"]*)()"')
  add(subtree, available, tvb, text, '"available"%s*:%s*()(%d+)()', tonumber)
  return tvb:len()
end

-- Extension {"qos": {"class": "gold"}}
local qos = Proto("acme_qos", "ACME quality of service")
local class = ProtoField.string("acme_qos.class", "Class")
qos.fields = {class}

function qos.dissector(tvb, pinfo, tree)
  local subtree = tree:add(qos, tvb())
  add(subtree, class, tvb, tvb():string(), '"class"%s*:%s*"()([^"]*)()"')
  return tvb:len()
end

DissectorTable.get("ck.command"):add(0x1480, status)
DissectorTable.get("ck.extension"):add("qos", qos)

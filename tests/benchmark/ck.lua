-- The same protocol as a Lua dissector would do it: frames and the members of their payloads as fields, no rules,
-- nothing between messages. For the benchmark only: what a script costs where there is no plugin.
local ck = Proto("cklua", "Ck in Lua")
local f = {
  version = ProtoField.uint16("cklua.version", "Version"),
  id = ProtoField.uint32("cklua.message_id", "MessageID"),
  command = ProtoField.uint16("cklua.command", "CommandCode", base.HEX),
  length = ProtoField.uint16("cklua.length", "Length"),
  name = ProtoField.string("cklua.name", "Name"),
  value = ProtoField.string("cklua.value", "Value"),
}
ck.fields = f

-- The value that begins at `at` of `text`, and where it ends.
local function value_end(text, at)
  local first = text:sub(at, at)
  if first == '"' then
    local quote = at
    repeat quote = text:find('"', quote + 1, true) until not quote or text:sub(quote - 1, quote - 1) ~= "\\"
    return quote or #text
  end
  if first ~= "{" and first ~= "[" then return text:find("[,}%]]", at) - 1 end
  local depth = 0
  while at <= #text do
    local c = text:sub(at, at)
    if c == '"' then
      at = value_end(text, at)
    elseif c == "{" or c == "[" then
      depth = depth + 1
    elseif c == "}" or c == "]" then
      depth = depth - 1
      if depth == 0 then return at end
    end
    at = at + 1
  end
  return #text
end

local function members(tvb, tree)
  local text, at = tvb:raw(), 2
  while true do
    local first, last, name = text:find('^[%s,]*"([^"]*)"%s*:%s*', at)
    if not first then return end
    at = value_end(text, last + 1) + 1
    tree:add(f.name, tvb(first - 1, at - first), name)
    tree:add(f.value, tvb(last, at - 1 - last), text:sub(last + 1, at - 1))
  end
end

local function one(tvb, pinfo, tree)
  local root = tree:add(ck, tvb())
  root:add(f.version, tvb(0, 2))
  root:add(f.id, tvb(2, 4))
  root:add(f.command, tvb(6, 2))
  root:add(f.length, tvb(8, 2))
  if tvb:len() > 10 then members(tvb(10):tvb(), root) end
  pinfo.cols.protocol = "Ck"
  return tvb:len()
end

function ck.dissector(tvb, pinfo, tree)
  dissect_tcp_pdus(tvb, tree, 10, function(bytes, _, at) return bytes(at + 8, 2):uint() + 10 end, one)
  return tvb:len()
end
DissectorTable.get("tcp.port"):add(4164, ck)

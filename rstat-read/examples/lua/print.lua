-- SPDX-License-Identifier: MIT OR Apache-2.0
--
-- Prints all fields of the latest sample: luajit print.lua [REGION]
local ffi = require("ffi")

ffi.cdef([[
struct rstat_field {
	uint64_t valid;
	uint32_t offset, kind;
	char name[32], unit[24], help[72];
};
struct rstat_reader;
struct rstat_snapshot;
const char *rstat_strerror(int result);
int rstat_open(const char *path, struct rstat_reader **reader);
void rstat_close(struct rstat_reader *reader);
int rstat_snapshot(struct rstat_reader *reader, struct rstat_snapshot *into, size_t size);
size_t rstat_snapshot_size(void);
size_t rstat_field_count(void);
int rstat_field_at(size_t index, struct rstat_field *into, size_t size);
int rstat_get(const struct rstat_snapshot *sample, size_t size, const char *field, int64_t *value);
]])

local rstat = ffi.load("librstat_read.so.1")
local ERR_UNKNOWN, KIND_U64 = -13, 3

local function check(result)
	if result ~= 0 then
		io.stderr:write("print.lua: ", ffi.string(rstat.rstat_strerror(result)), "\n")
		os.exit(1)
	end
end

local reader = ffi.new("struct rstat_reader *[1]")
check(rstat.rstat_open(arg[1], reader))

-- What a sample looks like inside is the library's business.
local size = rstat.rstat_snapshot_size()
local bytes = ffi.new("uint64_t[?]", size / 8)
local sample = ffi.cast("struct rstat_snapshot *", bytes)
check(rstat.rstat_snapshot(reader[0], sample, size))
rstat.rstat_close(reader[0])

local field = ffi.new("struct rstat_field")
local value = ffi.new("int64_t[1]")
for index = 0, tonumber(rstat.rstat_field_count()) - 1 do
	check(rstat.rstat_field_at(index, field, ffi.sizeof(field)))
	local name = ffi.string(field.name)
	local result = rstat.rstat_get(sample, size, name, value)
	local text = "-"
	if result ~= ERR_UNKNOWN then
		check(result)
		local number = field.kind == KIND_U64 and ffi.cast("uint64_t", value[0]) or value[0]
		text = tostring(number):gsub("U?LL$", "")
	end
	print(name .. " " .. text)
end

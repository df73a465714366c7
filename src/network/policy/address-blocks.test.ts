import assert from "node:assert/strict"
import { test } from "node:test"
import { formatRanges, rangesOf } from "./address-blocks.ts"

const cases = [
  { name: "a block", blocks: [{ cidr: "10.0.0.0/24" }], ranges: "10.0.0.0-10.0.0.255" },
  { name: "host bits do not count", blocks: [{ cidr: "10.0.0.7/24" }], ranges: "10.0.0.0-10.0.0.255" },
  { name: "one address", blocks: [{ cidr: "10.0.0.7/32" }], ranges: "10.0.0.7" },
  {
    name: "exceptions at the start, inside and at the end",
    blocks: [{ cidr: "10.0.0.0/24", except: ["10.0.0.0/30", "10.0.0.128/31", "10.0.0.252/30"] }],
    ranges: "10.0.0.4-10.0.0.127, 10.0.0.130-10.0.0.251",
  },
  { name: "an exception of everything", blocks: [{ cidr: "10.0.0.0/24", except: ["10.0.0.0/24"] }], ranges: "" },
  {
    name: "what one block leaves out another may name",
    blocks: [{ cidr: "10.0.0.0/24", except: ["10.0.0.8/32"] }, { cidr: "10.0.0.8/32" }],
    ranges: "10.0.0.0-10.0.0.255",
  },
  {
    name: "blocks side by side",
    blocks: [{ cidr: "10.0.1.0/24" }, { cidr: "10.0.0.0/24" }],
    ranges: "10.0.0.0-10.0.1.255",
  },
  {
    name: "a block inside another",
    blocks: [{ cidr: "10.0.0.0/8" }, { cidr: "10.1.0.0/16" }],
    ranges: "10.0.0.0-10.255.255.255",
  },
  { name: "everything", blocks: [{ cidr: "0.0.0.0/0" }], ranges: "0.0.0.0-255.255.255.255" },
  {
    name: "of the one family only",
    blocks: [{ cidr: "fd00::/8" }, { cidr: "10.0.0.1/32", except: ["fd00::/8"] }],
    ranges: "10.0.0.1",
  },
  {
    name: "IPv6",
    family: "IPv6" as const,
    blocks: [{ cidr: "10.0.0.0/8" }, { cidr: "fd00::/126", except: ["fd00::1/128"] }, { cidr: "::/128" }],
    ranges: "::, fd00::, fd00::2-fd00::3",
  },
  { name: "zeros in front", blocks: [{ cidr: "010.000.001.0/24" }], ranges: "10.0.1.0-10.0.1.255" },
]
for (const { name, family = "IPv4", blocks, ranges } of cases) {
  test(name, () => assert.equal(formatRanges(rangesOf(blocks, family)), ranges))
}

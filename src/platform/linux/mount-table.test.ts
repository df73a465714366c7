import assert from "node:assert/strict"
import { test } from "node:test"
import { parseMountInfo, readMountTable } from "./mount-table.ts"

test("mountinfo lines, with any number of tags and escaped characters", () => {
  const text = [
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue",
    "50 1 0:4 net:[4026532] /run/with\\040space\\134 rw - nsfs nsfs rw",
    "not a line",
    "",
  ].join("\n")
  assert.deepEqual(parseMountInfo(text), [
    {
      root: "/mnt1",
      mountPoint: "/mnt2",
      type: "ext3",
      source: "/dev/root",
      options: ["rw", "noatime"],
      superOptions: ["rw", "errors=continue"],
      shared: true,
    },
    {
      root: "net:[4026532]",
      mountPoint: "/run/with space\\",
      type: "nsfs",
      source: "nsfs",
      options: ["rw"],
      superOptions: ["rw"],
      shared: false,
    },
  ])
})

test("this machine has a root", () => {
  assert(readMountTable().some((entry) => entry.mountPoint === "/"))
})

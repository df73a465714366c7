import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { openAddressPool } from "./address-pool.ts"

function folder(t: { after(fn: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), "gantry-pool-"))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}

test("gives each sandbox one address, and an address again only when the range is through", (t) => {
  const pool = openAddressPool(folder(t), "10.1.0.0/29")
  assert.equal(pool.acquire("a", []).ip, "10.1.0.2")
  assert.equal(pool.acquire("a", []).ip, "10.1.0.2")
  assert.equal(pool.release("a")?.ip, "10.1.0.2")
  assert.equal(pool.release("a"), undefined)
  assert.deepEqual(
    ["b", "c", "d", "e", "f"].map((id) => pool.acquire(id, []).ip),
    ["10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6", "10.1.0.2"],
  )
  assert.throws(() => pool.acquire("g", []), /all 5 addresses/)
})

test("remembers across restarts", (t) => {
  const dir = folder(t)
  const port = { protocol: "tcp", hostPort: 8080, containerPort: 80, hostIp: "" } as const
  openAddressPool(dir, "10.1.0.0/24").acquire("a", [port])
  writeFileSync(join(dir, "10.1.0.3"), '{"ip":"10.1')
  const again = openAddressPool(dir, "10.1.0.0/24")
  assert.deepEqual(again.leases(), [{ ip: "10.1.0.2", sandboxId: "a", hostPorts: [port] }])
  assert.equal(again.acquire("b", []).ip, "10.1.0.4")
  again.freeDamaged()
  for (const id of ["c", "d", "e"]) again.release(again.acquire(id, []).sandboxId)
  assert.deepEqual(
    openAddressPool(dir, "10.1.0.0/24")
      .leases()
      .map(({ ip }) => ip),
    ["10.1.0.2", "10.1.0.4"],
  )
})

test("a damaged file is written again when somebody has the address, and nobody else gets it before", (t) => {
  const dir = folder(t)
  const before = openAddressPool(dir, "10.1.0.0/29")
  for (const id of ["a", "b"]) before.acquire(id, [])
  writeFileSync(join(dir, "10.1.0.2"), "null")
  rmSync(join(dir, "10.1.0.3"))
  const pool = openAddressPool(dir, "10.1.0.0/29")
  assert.deepEqual(pool.leases(), [])
  assert.deepEqual(
    ["10.1.0.2", "10.1.0.3", "10.2.0.2", "fd00::2"].map((ip, index) => pool.adopt(`old-${index}`, ip)),
    [true, true, false, false],
  )
  assert.equal(pool.adopt("thief", "10.1.0.2"), false)
  pool.freeDamaged()
  assert.deepEqual(
    ["c", "d", "e"].map((id) => pool.acquire(id, []).ip),
    ["10.1.0.4", "10.1.0.5", "10.1.0.6"],
  )
  assert.throws(() => pool.acquire("f", []), /all 5 addresses/)
  const owners = openAddressPool(dir, "10.1.0.0/29").leases()
  assert.deepEqual(owners.map(({ sandboxId }) => sandboxId).toSorted(), ["c", "d", "e", "old-0", "old-1"])
})

test("ranges of both families share a folder", (t) => {
  const dir = folder(t)
  const open = () => ["10.1.0.0/24", "fd00:0:0:1::/64"].map((range) => openAddressPool(dir, range))
  const given = open().map((pool) => pool.acquire("a", []).ip)
  assert.deepEqual(given, ["10.1.0.2", "fd00:0:0:1::3"])
  const [four, six] = open()
  assert.deepEqual([four?.find("a")?.ip, six?.find("a")?.ip], given)
  assert.equal(six?.release("a")?.ip, "fd00:0:0:1::3")
  assert.equal(six?.acquire("b", []).ip, "fd00:0:0:1::4")
  assert.equal(four?.leases().length, 1)
})

test("refuses a range without room", (t) => {
  assert.throws(() => openAddressPool(folder(t), "10.1.0.0/31"), /expected a larger one/)
})

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { REGISTRY_DIR } from "../src/cmd/cluster/record.ts"
import { prepareTestCluster, runGantry, type TestCluster } from "./cluster.ts"
import { type Outcome, run } from "./command.ts"
import { leftoversByName } from "./leftovers.ts"

/** One message on standard error, without a stack, that names the cause and the fix. */
function assertRefusal({ code, stderr, stdout }: Outcome, cause: RegExp, fix: RegExp, expectedCode = 1): void {
  assert.equal(code, expectedCode, `${stdout}${stderr}`)
  assert.match(stderr, /^gantry: /)
  assert.match(stderr, cause)
  assert.match(stderr, fix)
  assert.doesNotMatch(stderr, /unexpectedly|^ +at /m)
}

/** Fills a file system to the last block. */
function fill(file: string): void {
  const descriptor = openSync(file, "w")
  const block = Buffer.alloc(65_536)
  try {
    for (;;) writeSync(descriptor, block)
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC")
  } finally {
    closeSync(descriptor)
  }
}

const mountTmpfs = (folder: string, options: string) => {
  mkdirSync(folder, { recursive: true })
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "gantry-test", folder])
}

describe("a cluster that cannot come up", () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await prepareTestCluster("refused")
  })
  after(() => rmSync(cluster.folder, { recursive: true, force: true }))

  /** Refused, and nothing of it is left. */
  const refused = async (outcome: Outcome, cause: RegExp, fix: RegExp, code = 1) => {
    assertRefusal(outcome, cause, fix, code)
    assert.deepEqual(leftoversByName(cluster.name, cluster.dataDir), [])
    assert.ok(!existsSync(join(REGISTRY_DIR, `${cluster.name}.json`)), "it left a record")
    assert.ok(!existsSync(cluster.kubeconfig), "it left credentials")
  }
  const upIn = (dataDir: string) =>
    runGantry(["up", "--name", cluster.name, "--data-dir", dataDir, "--kubeconfig", cluster.kubeconfig])

  it("without root: every command says so, doctor tells more", async (t) => {
    const gantry = join(import.meta.dirname, "..", "gantry")
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    const asNobody = (command: string) => run("setpriv", [...nobody, gantry, ...command.split(" ")])
    const { code: reachable } = await run("setpriv", [...nobody, "test", "-r", gantry])
    if (reachable !== 0) return t.skip("this checkout is in a folder that only root may enter")
    const commands = [`up --name ${cluster.name}`, "down", "status", "images", "rmi x", "load -i x", "save -o x y"]
    for (const command of commands) await refused(await asNobody(command), /expected root/, /Run it with sudo/)
    const { code, stdout } = await asNobody("doctor")
    assert.equal(code, 1)
    assert.match(stdout, /MISSING +user +not root/)
  })

  it("when its port is taken", async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(cluster.apiPort, "127.0.0.1", resolve))
    try {
      const outcome = await cluster.tryUp()
      await refused(outcome, new RegExp(`port ${cluster.apiPort} is in use`), /choose another with --api-port/)
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  })

  it("when its data folder is a file, below a file, read-only, or somebody else's", async () => {
    const file = join(cluster.folder, "file")
    writeFileSync(file, "")
    for (const path of [file, join(file, "below")]) {
      await refused(await upIn(path), new RegExp(`found a file at ${file}, expected a folder`), /--data-dir/)
    }
    const other = join(cluster.folder, "photos")
    mkdirSync(other)
    writeFileSync(join(other, "cat.jpg"), "meow")
    await refused(await upIn(other), /found cat\.jpg in .*photos/, /Choose another folder with --data-dir/)
    const readOnly = join(cluster.folder, "read-only")
    mountTmpfs(readOnly, "ro,size=1g")
    try {
      for (const path of [readOnly, join(readOnly, "below")]) {
        await refused(await upIn(path), /cannot write to .*read-only file system/, /--data-dir/)
      }
    } finally {
      execFileSync("umount", [readOnly])
    }
  })

  it("when its disk is too small", async () => {
    const small = join(cluster.folder, "small")
    mountTmpfs(small, "size=20m")
    try {
      await refused(await upIn(small), /20 MiB free for .*small, expected at least 256 MiB/, /free some space/)
    } finally {
      execFileSync("umount", [small])
    }
  })

  it("when its kubeconfig cannot be written or is none", async () => {
    const up = (kubeconfig: string) =>
      runGantry(["up", "--name", cluster.name, "--data-dir", cluster.dataDir, "--kubeconfig", kubeconfig])
    const garbage = join(cluster.folder, "garbage")
    writeFileSync(garbage, ": : {garbage")
    await refused(await up(garbage), /garbage is not a kubeconfig/, /Repair it, or name another file with --kubeconfig/)
    await refused(await up(join(garbage, "below")), /found a file at .*garbage/, /Name another file with --kubeconfig/)
    assert.equal(readFileSync(garbage, "utf8"), ": : {garbage")
  })

  it("when it fails late: nothing half-started is left", async () => {
    // A folder that looks like a cluster's, but whose store is broken: certificates are made, an agent starts.
    const folder = join(cluster.folder, "late")
    mkdirSync(join(folder, "pki"), { recursive: true })
    writeFileSync(join(folder, "store.db"), Buffer.alloc(20_000, "no database"))
    const outcome = await upIn(folder)
    await refused(
      outcome,
      /server did not start: .*store\.db is not a usable store/,
      /restore a backup, or start with an empty/,
    )
    assert.deepEqual(leftoversByName(cluster.name, folder), [])
  })

  it("when it is called wrongly: exit code 2", async () => {
    for (const [args, cause] of [
      [["up", "--name", "Bad_Name"], /--name: found "Bad_Name"/],
      [["up", "--nodes", "x"], /--nodes: found "x", expected a number from 1 to 20/],
      [["up", "--api-port", "0"], /--api-port: found "0"/],
      [["up", "--wat"], /--wat/],
      [["wat"], /found no command "wat"/],
    ] as const) {
      await refused(await runGantry(args), cause, /expected|[Uu]nknown|help/, 2)
    }
    assert.ok(!existsSync("/run/gantry/Bad_Name.lock"))
  })
})

describe("a cluster whose files are damaged", () => {
  let cluster: TestCluster
  let record: string
  before(async () => {
    cluster = await prepareTestCluster("damaged")
    await cluster.up()
    await cluster.gantry("down")
    record = join(REGISTRY_DIR, `${cluster.record.name}.json`)
  })
  after(() => cluster.down())

  /** Damages a file, asserts that `up` refuses, and repairs the file. */
  const damaged = async (file: string, content: string | Buffer, cause: RegExp, fix: RegExp) => {
    const good = readFileSync(file)
    writeFileSync(file, content)
    try {
      assertRefusal(await cluster.tryUp(), cause, fix)
      assert.deepEqual(leftoversByName(cluster.name, cluster.dataDir), [])
    } finally {
      writeFileSync(file, good)
    }
  }

  it("a store that is none, or is damaged inside", async () => {
    const file = join(cluster.dataDir, "store.db")
    const inside = readFileSync(file)
    inside.fill("damage", 3 * 4096, 9 * 4096)
    for (const content of [Buffer.alloc(20_000, "no database"), inside]) {
      await damaged(file, content, /store\.db is not a usable store/, /restore a backup/)
    }
  })

  it("a record that is no JSON, or lacks something", async () => {
    const fix = /Repair it, or remove it and start the cluster anew/
    await damaged(record, "{ no json", new RegExp(`${record}, cannot be read`), fix)
    await damaged(record, JSON.stringify({ name: cluster.name }), /found no valid "slot"/, fix)
  })

  it("a CA that is no certificate", async () => {
    await damaged(join(cluster.dataDir, "pki", "ca.crt"), "garbage", /ca\.crt and .*ca\.key: damaged/, /Restore both/)
  })

  it("another port or folder than before", async () => {
    const folder = join(cluster.folder, "elsewhere")
    const moved = await runGantry(["up", "--name", cluster.name, "--data-dir", folder])
    assertRefusal(moved, new RegExp(`lives in ${cluster.dataDir}, found ${folder}`), /Leave the option out/)
    await cluster.up()
    const other = await runGantry(["up", "--name", cluster.name, "--api-port", String(cluster.apiPort - 1)])
    assertRefusal(other, new RegExp(`runs on port ${cluster.apiPort}`), /Stop it first: \.\/gantry down/)
    assert.match(await cluster.kubectl("get nodes"), / Ready /)
  })
})

describe("a disk that fills up", () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await prepareTestCluster("full")
    mountTmpfs(cluster.dataDir, "size=300m")
    await cluster.up()
  })
  after(async () => {
    await cluster.gantry("down --purge")
    execFileSync("umount", [cluster.dataDir])
    rmSync(cluster.folder, { recursive: true, force: true })
  })

  it("refuses writes with the reason, keeps what it has, and goes on when there is space", async () => {
    const create = (name: string) =>
      cluster.tryKubectl(["create", "configmap", name, `--from-literal=a=${"x".repeat(50_000)}`])
    assert.equal((await create("before")).code, 0)
    const ballast = join(cluster.dataDir, "ballast")
    fill(ballast)
    const refusal = await create("meanwhile")
    assert.equal(refusal.code, 1)
    assert.match(refusal.stderr, /no space is left to write .*store\.db: free some/)
    const names = async () => (await cluster.kubectl("get configmaps -o name")).trim().split("\n")
    assert.deepEqual(await names(), ["configmap/before", "configmap/kube-root-ca.crt"])
    rmSync(ballast)
    assert.equal((await create("after")).code, 0)
    assert.deepEqual(await names(), ["configmap/after", "configmap/before", "configmap/kube-root-ca.crt"])
    // Nothing was lost when it starts again.
    await cluster.kill("server")
    await cluster.up()
    assert.deepEqual(await names(), ["configmap/after", "configmap/before", "configmap/kube-root-ca.crt"])
  })
})

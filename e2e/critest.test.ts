import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { run, succeed, until } from "./command.ts"
import { loadCritestImages } from "./critest-images.ts"

/** critest of https://github.com/kubernetes-sigs/cri-tools, which is in no package of the distribution. */
const CRITEST = process.env["GANTRY_CRITEST"] ?? ""

/** What cannot be shown here, and why. */
const NOT_SHOWN = {
  "Image Manager|image status immediately|same image identifier|RemoveImage":
    "pulls from the internet; e2e/cri.test.ts has a registry",
  "no_new_privs|privilege escalation": "wants a program that is set-user-ID root, besides busybox",
  MaskedPaths: "wants a shell that has no ls of its own",
}

const MINUTES = 20

describe("critest at the socket of gantry cri", { skip: CRITEST === "" && "needs GANTRY_CRITEST, a path" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-critest-"))
  const socket = join(folder, "cri.sock")
  const own = ["cri", "--socket", socket, "--data-dir", join(folder, "data")]
  let runtime: ChildProcess | undefined
  let ended: Promise<unknown> | undefined
  before(async () => {
    // Root of a user namespace has to reach what is below.
    chmodSync(folder, 0o711)
    await loadCritestImages(join(folder, "data/images"), folder)
    runtime = spawn("./gantry", [...own, "--pod-cidr", "172.31.251.0/24"], { stdio: "ignore" })
    // Also when it ends by itself.
    ended = once(runtime, "exit")
    await until("the runtime serves", () => existsSync(socket))
  })
  after(async () => {
    runtime?.kill("SIGTERM")
    await ended
    await succeed("./gantry", [...own, "--purge"])
    rmSync(folder, { recursive: true, force: true })
  })

  const critest = (options: readonly string[]) => {
    const args = ["--runtime-endpoint", `unix://${socket}`, "--ginkgo.no-color"]
    return run(CRITEST, [...args, ...options], { timeoutMs: MINUTES * 60_000 })
  }

  it("passes what can be shown with stand-ins of its images", async () => {
    const report = join(folder, "report.json")
    const skip = Object.keys(NOT_SHOWN).join("|")
    await critest(["--ginkgo.skip", skip, "--ginkgo.timeout", `${MINUTES}m`, "--ginkgo.json-report", report])
    const specs = specsOf(readFileSync(report, "utf8"))
    assert.deepEqual(specs.failed, [])
    assert.ok(specs.passed.length >= 80, `only ${specs.passed.length} have passed`)
  })
})

interface Spec {
  readonly State: string
  readonly LeafNodeType: string
  readonly LeafNodeText: string
  readonly Failure?: { readonly Message: string }
}

/** Of a report of ginkgo's. */
function specsOf(text: string): { readonly passed: readonly string[]; readonly failed: readonly string[] } {
  const suites = JSON.parse(text) as readonly { readonly SpecReports: readonly Spec[] }[]
  const specs = suites.flatMap((suite) => suite.SpecReports)
  return {
    passed: specs
      .filter((each) => each.State === "passed" && each.LeafNodeType === "It")
      .map((each) => each.LeafNodeText),
    failed: specs
      .filter((each) => !["passed", "skipped", "pending"].includes(each.State))
      .map((each) => `${each.LeafNodeText}: ${each.Failure?.Message}`),
  }
}

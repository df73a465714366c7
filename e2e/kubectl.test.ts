import assert from "node:assert/strict"
import { accessSync, constants, mkdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { after, before, describe, test } from "node:test"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { run } from "./command.ts"
import { cluster as clusterSteps, generators, objects, removal, type Step, workloads } from "./kubectl-round.ts"

/**
 * The whole round of work of a stock kubectl: the one in PATH, and those that GANTRY_KUBECTLS lists like PATH does.
 * Other programs than kubectl (`openssl`, `curl`, `diff`) are the machine's.
 */

let testCluster: TestCluster
before(async () => {
  testCluster = await startTestCluster({ name: "kubectl" })
})
after(() => testCluster.down())

const kubectls = [inPath("kubectl"), ...(process.env["GANTRY_KUBECTLS"] ?? "").split(delimiter)].filter(
  (file): file is string => file !== undefined && file !== "",
)

/** Where a program is; undefined when there is none. */
function inPath(program: string): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

interface Under {
  readonly kubectl: string
  readonly namespace: string
  readonly minor: number
}

async function take({ run: line, says, code = 0 }: Step, { kubectl, namespace }: Under): Promise<void> {
  const folder = join(testCluster.folder, namespace)
  mkdirSync(folder, { recursive: true })
  const env = {
    KUBECONFIG: testCluster.kubeconfig,
    KUBECTL: kubectl,
    NS: namespace,
    NODE: testCluster.record.nodes[0]?.name ?? "",
    TMP: folder,
    HOME: folder,
  }
  const script = `k() { "$KUBECTL" -n "$NS" "$@"; }\n${line}\n`
  const outcome = await run("sh", ["-c", script], { env, timeoutMs: 180_000 })
  const said = outcome.stdout + outcome.stderr
  assert.equal(outcome.code, code, `${line}\nexit code ${outcome.code}\n${said}`)
  if (says !== undefined) assert.match(said, says, line)
}

/** 32 of `v1.32.4`; programs that do not say are taken for the newest. */
async function minorOf(kubectl: string): Promise<number> {
  const { stdout } = await run(kubectl, ["version", "--client", "-o", "json"])
  const { clientVersion } = JSON.parse(stdout) as { clientVersion?: { gitVersion?: string } }
  const minor = Number(/^v1\.(\d+)\./.exec(clientVersion?.gitVersion ?? "")?.[1] ?? Number.NaN)
  return Number.isNaN(minor) ? Number.POSITIVE_INFINITY : minor
}

const rounds = { objects, generators, workloads, "the cluster": clusterSteps, removal }

test("there is a kubectl", { skip: kubectls.length === 0 && "found no kubectl in PATH or GANTRY_KUBECTLS" }, () => {
  assert.ok(kubectls.length > 0)
})

for (const [at, kubectl] of kubectls.entries()) {
  describe(kubectl, () => {
    const namespace = `round-${at}`
    let minor = 0
    before(async () => {
      minor = await minorOf(kubectl)
      await take({ run: '"$KUBECTL" create namespace "$NS"' }, { kubectl, namespace, minor })
    })
    for (const [name, steps] of Object.entries(rounds)) {
      test(name, async (t) => {
        for (const step of steps) {
          if ((step.since ?? 0) > minor) continue
          await t.test(step.run.split("\n")[0] ?? "", () => take(step, { kubectl, namespace, minor }))
        }
      })
    }
  })
}

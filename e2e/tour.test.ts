import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { Deployment } from "../src/api/apps/v1/deployment.ts"
import type { Pod } from "../src/api/core/v1/pod.ts"
import type { Service } from "../src/api/core/v1/service.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { fetchOnce, startLoad } from "./web-app.ts"

/** The tour of the README, step by step, with a stock kubectl. Each step stands on those before it. */

const example = join(import.meta.dirname, "..", "examples", "guestbook")
let cluster: TestCluster
let url = ""

before(async () => {
  cluster = await prepareTestCluster("tour")
})
after(() => cluster.down())

const pods = async (): Promise<Pod[]> =>
  (await cluster.get<{ items: Pod[] }>("pods -l app=guestbook")).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  )
const firstPod = async (): Promise<string> => {
  const [pod] = await pods()
  assert.ok(pod)
  return pod.metadata.name
}

test("gantry up, then kubectl get nodes", async () => {
  const said = await cluster.up()
  assert.match(said, /Up after [\d.]+ m?s/)
  assert.match(await cluster.kubectl("get nodes -o wide"), /Ready .*gantry:\/\/(crun|runc)/)
  assert.equal((await cluster.kubectl("config current-context")).trim(), cluster.name)
  assert.match(await cluster.kubectl("version"), /Server Version: .*v1\.36\./)
})

test("gantry build, without any registry", async () => {
  await cluster.gantry(["build", "-t", "guestbook", example], { timeoutMs: 240_000 })
  assert.match(await cluster.gantry("images"), /docker\.io\/library\/guestbook:latest/)
})

test("kubectl apply, rollout status, and the application answers", async () => {
  await cluster.kubectl(["apply", "-f", example])
  await cluster.kubectl("rollout status deployment/guestbook-store --timeout=60s")
  await cluster.kubectl("rollout status deployment/guestbook --timeout=60s")
  assert.equal((await pods()).length, 3)
  const service = await cluster.get<Service>("service guestbook")
  const port = service.spec.ports?.[0]?.nodePort
  assert.ok(port)
  url = `http://localhost:${port}/`
  // The page is made from what the store holds, which the web part finds by its DNS name.
  assert.match(await fetchOnce(url), /[Gg]uestbook/)
})

test("kubectl logs -f", async () => {
  const name = await firstPod()
  const child = spawn("kubectl", ["logs", "-f", name], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    stdio: ["ignore", "pipe", "ignore"],
  })
  let said = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text))
  try {
    await until("the log shows something", () => said !== "")
  } finally {
    child.kill()
  }
})

test("kubectl exec, with and without a terminal", async () => {
  const name = await firstPod()
  const command = ["exec", name, "--", "node", "-p", "6*7"]
  assert.equal((await cluster.kubectl(command)).trim(), "42")
  const failing = await cluster.tryKubectl(["exec", name, "--", "node", "-e", "process.exit(7)"])
  assert.equal(failing.code, 7)
  const line = `kubectl exec -it ${name} -- node -p 'process.stdout.isTTY'`
  const terminal = spawn("script", ["-qec", line, "/dev/null"], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig, TERM: "xterm" },
    stdio: ["pipe", "pipe", "ignore"],
  })
  let said = ""
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => (said += text))
  await until("the terminal answers", () => said.includes("true"))
  terminal.kill()
})

test("kubectl attach", async () => {
  const echo = "process.stdin.on('data', (said) => process.stdout.write('heard ' + said))"
  await cluster.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "parrot" },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        { name: "parrot", image: "guestbook", imagePullPolicy: "Never", stdin: true, command: ["node", "-e", echo] },
      ],
    },
  })
  await cluster.kubectl("wait --for=condition=Ready pod/parrot --timeout=30s")
  const child = spawn("kubectl", ["attach", "-i", "parrot"], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    stdio: ["pipe", "pipe", "ignore"],
  })
  let said = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text))
  try {
    await until("the container hears", () => {
      child.stdin.write("hello\n")
      return said.includes("heard hello")
    })
  } finally {
    child.kill()
  }
  await cluster.kubectl("delete pod parrot --now")
})

test("kubectl cp, there and back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-tour-"))
  try {
    const text = "from the host\n".repeat(1000)
    writeFileSync(join(folder, "there.txt"), text)
    const name = await firstPod()
    await cluster.kubectl(["cp", join(folder, "there.txt"), `default/${name}:/tmp/there.txt`])
    await cluster.kubectl(["cp", `default/${name}:/tmp/there.txt`, join(folder, "back.txt")])
    assert.equal(readFileSync(join(folder, "back.txt"), "utf8"), text)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test("kubectl port-forward", async () => {
  const child = spawn("kubectl", ["port-forward", "service/guestbook", ":80"], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let [said, complaints] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text))
  try {
    const port = await until("a local port is there", () => /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1])
    for (let time = 0; time < 5; time++) assert.match(await fetchOnce(`http://127.0.0.1:${port}/`), /[Gg]uestbook/)
    assert.equal(complaints, "")
  } finally {
    child.kill()
  }
})

test("kubectl scale, and a deleted pod comes back", async () => {
  await cluster.kubectl("scale deployment/guestbook --replicas=4")
  await cluster.kubectl("rollout status deployment/guestbook --timeout=60s")
  assert.equal((await pods()).length, 4)
  const gone = await firstPod()
  await cluster.kubectl(["delete", "pod", gone, "--wait=false"])
  await until("another pod takes its place", async () => {
    const now = await pods()
    return now.length === 4 && now.every(({ metadata }) => metadata.name !== gone)
  })
  await cluster.kubectl("scale deployment/guestbook --replicas=3")
  await cluster.kubectl("rollout status deployment/guestbook --timeout=60s")
})

test("a rolling update and its undo lose no request", async () => {
  await cluster.gantry(["build", "-t", "guestbook:2", "--build-arg", "VERSION=2", example], { timeoutMs: 240_000 })
  const load = startLoad([url, url])
  try {
    await cluster.kubectl("set image deployment/guestbook web=guestbook:2")
    await cluster.kubectl("rollout status deployment/guestbook --timeout=90s")
    assert.equal(
      (await cluster.get<Deployment>("deployment guestbook")).spec.template.spec.containers[0]?.image,
      "guestbook:2",
    )
    await cluster.kubectl("rollout undo deployment/guestbook")
    await cluster.kubectl("rollout status deployment/guestbook --timeout=90s")
  } finally {
    await load.stop()
  }
  assert.deepEqual(load.failures, [])
  assert.ok(load.answered > 100, `${load.answered} requests were answered`)
  assert.equal(
    (await cluster.get<Deployment>("deployment guestbook")).spec.template.spec.containers[0]?.image,
    "guestbook",
  )
})

test("kubectl explain, api-resources, describe, events and get -w", async () => {
  const explained = await cluster.kubectl("explain deployment.spec.strategy")
  // Older kubectls call it a resource and know no type names.
  assert.match(explained, /(FIELD|RESOURCE): +strategy <(DeploymentStrategy|Object)>/)
  assert.match(explained, /rollingUpdate\s+<(RollingUpdateDeployment|Object)>/)
  assert.doesNotMatch(explained, /<no description>|<empty>/)
  assert.match(await cluster.kubectl("api-resources"), /deployments +deploy +apps\/v1 +true +Deployment/)
  const name = await firstPod()
  const described = await cluster.kubectl(["describe", "pod", name])
  assert.match(described, /Scheduled .*Successfully assigned default\//)
  assert.match(described, /Started .*kubelet/)
  assert.match(await cluster.kubectl("get events"), /ScalingReplicaSet .*deployment\/guestbook/)
  const child = spawn("kubectl", ["get", "pods", "-w"], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    stdio: ["ignore", "pipe", "ignore"],
  })
  let said = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text))
  try {
    await until("the watch shows what is there", () => said.includes(name))
    await cluster.kubectl(["delete", "pod", name, "--wait=false"])
    await until("the watch shows the end of the pod", () => new RegExp(`${name} .*Terminating`).test(said))
  } finally {
    child.kill()
  }
  await cluster.kubectl("rollout status deployment/guestbook --timeout=60s")
})

test("gantry status and doctor", async () => {
  const said = await cluster.gantry("status")
  assert.match(said, /server +running/)
  assert.match(said, /NODE .*\n.* Ready /)
  assert.match(await cluster.gantry("doctor"), /Clusters can run here/)
})

test("gantry down keeps the data, and up brings the application back", async () => {
  await cluster.gantry("down", { timeoutMs: 120_000 })
  assert.deepEqual(await cluster.leftovers(), [])
  const stopped = await cluster.tryGantry("status")
  assert.equal(stopped.code, 1)
  assert.match(stopped.stdout, /server does not run/)
  await cluster.up()
  await cluster.kubectl("rollout status deployment/guestbook --timeout=60s")
  await until("the application answers again", () => fetchOnce(url).then((body) => /[Gg]uestbook/.test(body)))
})

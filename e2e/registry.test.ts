import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { freePort, startTestCluster, type TestCluster } from "./cluster.ts"
import { containerOf, eventsOf, podOf, stateOf, untilEvent, untilPod } from "./pod-view.ts"
import { pushImage, type RegistryServer, startRegistry, USER } from "./registry-server.ts"

/** Images come from a registry as in Kubernetes: pull policies, credentials, digests, and what is said without them. */
describe("registry", () => {
  let cluster: TestCluster
  let open: RegistryServer
  let locked: RegistryServer
  before(async () => {
    open = await startRegistry({ locked: false })
    locked = await startRegistry({ locked: true })
    cluster = await startTestCluster({ name: "registry" })
  })
  after(async () => {
    await cluster?.down()
    await open?.close()
    await locked?.close()
  })

  /** A pod that prints what its image is about. */
  const printer = (name: string, image: string, container: object = {}, spec: object = {}) =>
    podOf(name, { image, command: ["cat", "/etc/about"], ...container }, { restartPolicy: "Never", ...spec })
  const printed = async (name: string): Promise<string> => {
    await untilPod(cluster, name, "has succeeded", (_, { status }) => status.phase === "Succeeded")
    return cluster.kubectl(`logs ${name}`)
  }
  const pullError = async (name: string, reason: string): Promise<string> => {
    const pod = await untilPod(cluster, name, reason, (container) => stateOf(container) === `waiting ${reason}`)
    return containerOf(pod).state.waiting?.message ?? ""
  }
  const login = (name: string, password: string) =>
    cluster.kubectl([
      "create",
      "secret",
      "docker-registry",
      name,
      `--docker-server=${locked.host}`,
      `--docker-username=${USER.name}`,
      `--docker-password=${password}`,
    ])

  it("a deployment runs an image from a registry", async () => {
    const image = `${open.host}/team/app:1`
    const digest = await pushImage(image, "deployed")
    await cluster.kubectl(["create", "deployment", "app", `--image=${image}`, "--replicas=2", "--", "sleep", "3600"])
    await cluster.kubectl("rollout status deployment/app --timeout=50s")
    const ids = await cluster.kubectl("get pods -l app=app -o jsonpath={.items[*].status.containerStatuses[0].imageID}")
    assert.deepEqual(new Set(ids.split(" ")), new Set([`${open.host}/team/app@${digest}`]))
    const events = await cluster.kubectl("events")
    assert.match(events, new RegExp(`Pulling image "${image}"`))
    assert.match(events, /Successfully pulled image ".*" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\./)
    await cluster.kubectl("delete deployment app --now")
  })

  it("says what the registry does not have", async () => {
    await cluster.apply(printer("no-tag", `${open.host}/team/app:absent`))
    const message = await pullError("no-tag", "ErrImagePull")
    assert.match(message, /team\/app:absent.*not found/)
    await untilEvent(
      cluster,
      "no-tag",
      "Warning",
      "Failed",
      `Failed to pull image "${open.host}/team/app:absent": ${message}`,
    )
  })

  it("pull policies: Always asks the registry, IfNotPresent only for what is missing, Never never", async () => {
    const image = `${open.host}/team/moving:1`
    const first = await pushImage(image, "first")
    await cluster.apply(printer("fetch", image))
    assert.equal(await printed("fetch"), "first")
    await pushImage(image, "second")
    await cluster.apply(printer("if-not-present", image, { imagePullPolicy: "IfNotPresent" }))
    assert.equal(await printed("if-not-present"), "first")
    const present = `Container image "${image}" already present on machine and can be accessed by the pod`
    await untilEvent(cluster, "if-not-present", "Normal", "Pulled", present)
    await cluster.apply(printer("never-present", image, { imagePullPolicy: "Never" }))
    assert.equal(await printed("never-present"), "first")
    await cluster.apply(printer("always", image, { imagePullPolicy: "Always" }))
    assert.equal(await printed("always"), "second")
    // The tag has moved on, but the digest still names the first.
    await cluster.apply(printer("by-digest", `${open.host}/team/moving@${first}`))
    assert.equal(await printed("by-digest"), "first")
  })

  it("policy Never without the image: ErrImageNeverPull", async () => {
    const image = `${open.host}/team/app:never`
    await cluster.apply(printer("never-absent", image, { imagePullPolicy: "Never" }))
    const message = `Container image "${image}" is not present with pull policy of Never`
    assert.equal(await pullError("never-absent", "ErrImageNeverPull"), message)
    await untilEvent(cluster, "never-absent", "Warning", "ErrImageNeverPull", message)
    await untilEvent(cluster, "never-absent", "Warning", "Failed", "Error: ErrImageNeverPull")
    const reasons = (await eventsOf(cluster, "never-absent")).map(({ reason }) => reason)
    assert.ok(!reasons.includes("Pulling"))
  })

  it("has :latest, or no tag, pulled always", async () => {
    const image = `${open.host}/team/latest`
    await pushImage(`${image}:latest`, "old")
    await cluster.apply(printer("latest-1", image))
    assert.equal(await printed("latest-1"), "old")
    await pushImage(`${image}:latest`, "new")
    await cluster.apply(printer("latest-2", image))
    assert.equal(await printed("latest-2"), "new")
  })

  it("credentials: refused without, with wrong ones, and when the secret is missing", async () => {
    const image = `${locked.host}/private/app:1`
    await pushImage(image, "private")
    await login("wrong", "guessed")
    const withSecret = (name: string) => ({ imagePullSecrets: [{ name }] })
    await cluster.apply(
      printer("locked-out", image),
      printer("guessing", image, {}, withSecret("wrong")),
      printer("forgetful", image, {}, withSecret("absent")),
    )
    for (const name of ["locked-out", "guessing", "forgetful"]) {
      assert.match(await pullError(name, "ErrImagePull"), /401|unauthorized|authentication|credentials/i)
    }
    const event = "Unable to retrieve some image pull secrets (absent); attempting to pull the image may not succeed."
    await untilEvent(cluster, "forgetful", "Warning", "FailedToRetrieveImagePullSecret", event)
  })

  it("credentials: from the pod's pull secret, and from its service account's", async () => {
    const [first, second] = [`${locked.host}/private/first:1`, `${locked.host}/private/second:1`]
    await pushImage(first, "by the pod")
    await pushImage(second, "by the account")
    await login("right", USER.password)
    await cluster.apply(printer("trusted", first, {}, { imagePullSecrets: [{ name: "right" }] }))
    assert.equal(await printed("trusted"), "by the pod")
    await cluster.apply(
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "puller" },
        imagePullSecrets: [{ name: "right" }],
      },
      printer("by-account", second, {}, { serviceAccountName: "puller" }),
    )
    assert.equal(await printed("by-account"), "by the account")
  })

  it("a registry that comes back is asked again", async () => {
    const host = `127.0.0.1:${await freePort()}`
    const image = `${host}/team/late:1`
    await cluster.apply(printer("waits", image))
    assert.match(await pullError("waits", "ErrImagePull"), /ECONNREFUSED|connection refused/)
    const registry = await startRegistry({ locked: false, host })
    try {
      await pushImage(image, "late")
      assert.equal(await printed("waits"), "late")
    } finally {
      await registry.close()
    }
  })
})

import assert from "node:assert/strict"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import type { TokenRequestSpec } from "../../api/authentication/v1/token-request.ts"
import type { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import type { InputOf } from "../../machinery/schema/schema.ts"
import { notFound } from "../../machinery/status/errors.ts"
import { readCapabilities } from "../../platform/linux/capabilities.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createVolumes, type Volumes, VolumesError } from "./volumes.ts"

const skip = !readCapabilities().effective.has("SYS_ADMIN") && "mounting needs CAP_SYS_ADMIN"
const dir = mkdtempSync(join(tmpdir(), "gantry-volumes-"))
const platform = createNodePlatform({ logTo: new PassThrough().resume() })
const meta = { uid: "o", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", namespace: "default" }
const configMaps = new Map<string, ConfigMap>()
const secrets = new Map<string, Secret>()
const tokenRequests: TokenRequestSpec[] = []
let nowMs = Date.parse("2026-11-21T10:00:00Z")
const made: { volumes: Volumes; uid: string }[] = []

after(async () => {
  for (const { volumes, uid } of made) {
    await volumes.tearDown(uid)
    volumes.close()
  }
  rmSync(dir, { recursive: true })
})

function setConfigMap(name: string, data: Record<string, string>, binaryData: Record<string, string> = {}) {
  configMaps.set(name, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...meta, name }, data, binaryData })
}

function newVolumes(uid: string, events: string[] = [], atDir = dir): Volumes {
  const volumes = createVolumes({
    platform: { ...platform, clock: { ...platform.clock, nowMs: () => nowMs } },
    dataDir: atDir,
    nodeName: "node-1",
    nodeAllocatable: () => ({ cpu: "2", memory: "4Gi" }),
    events: { record: (_about, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
    objects: {
      async getConfigMap(_namespace, name) {
        const found = configMaps.get(name)
        if (found === undefined) throw notFound({ group: "", resource: "configmaps" }, name)
        return found
      },
      async getSecret(_namespace, name) {
        const found = secrets.get(name)
        if (found === undefined) throw notFound({ group: "", resource: "secrets" }, name)
        return found
      },
      async requestToken(_namespace, serviceAccount, spec) {
        tokenRequests.push(spec)
        const expirationTimestamp = new Date(nowMs + (spec.expirationSeconds ?? 0) * 1000).toISOString()
        return { token: `${serviceAccount}-${tokenRequests.length}`, expirationTimestamp }
      },
    },
  })
  made.push({ volumes, uid })
  return volumes
}

/** What is left out here the API would have filled in; volumes must do without, too. */
type VolumeInput = InputOf<typeof Volume>
type Mounts = NonNullable<Pod["spec"]["containers"][number]["volumeMounts"]>

function podOf(
  uid: string,
  volumes: readonly VolumeInput[],
  more: Partial<Pod["spec"]> = {},
  volumeMounts?: Mounts,
): Pod {
  const mounts = volumeMounts ?? volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }))
  const labels = { app: "web", tier: 'a"b' }
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...meta, name: "web", uid, labels },
    spec: { containers: [{ name: "c", image: "i", volumeMounts: mounts }], volumes, ...more },
    status: {},
  } as unknown as Pod
}

const pathOf = (uid: string, plugin: string, name: string) => join(dir, "pods", uid, "volumes", plugin, name)
const noOptions = { env: [], recursiveReadOnlyMounts: false }

test("a configMap volume follows its object all at once, through ..data", { skip }, async () => {
  setConfigMap("settings", { a: "1", b: "2" }, { raw: Buffer.from([0, 255]).toString("base64") })
  const volumes = newVolumes("cm")
  await volumes.setUp(podOf("cm", [{ name: "v", configMap: { name: "settings", defaultMode: 0o640 } }]))
  const folder = pathOf("cm", "kubernetes.io~configmap", "v")
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "1")
  assert.deepEqual(readFileSync(join(folder, "raw")), Buffer.from([0, 255]))
  assert.equal(readlinkSync(join(folder, "a")), "..data/a")
  assert.equal(statSync(join(folder, "a")).mode & 0o777, 0o640)
  const first = readlinkSync(join(folder, "..data"))
  assert.match(first, /^\.\.2026_11_21_10_00_00\.\d+$/)

  await volumes.objectChanged("ConfigMap", "default", "settings")
  assert.equal(readlinkSync(join(folder, "..data")), first, "what did not change is not written again")

  setConfigMap("settings", { a: "one", c: "3" })
  await volumes.objectChanged("ConfigMap", "default", "settings")
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "one")
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith("..")),
    ["a", "c"],
  )
  assert.equal(existsSync(join(folder, first)), false)
})

test("items choose keys, paths and modes", { skip }, async () => {
  setConfigMap("keys", { x: "X", y: "Y" })
  const volumes = newVolumes("items")
  const items = [{ key: "x", path: "deep/er/x.txt", mode: 0o400 }]
  await volumes.setUp(podOf("items", [{ name: "v", configMap: { name: "keys", items } }]))
  const folder = pathOf("items", "kubernetes.io~configmap", "v")
  assert.equal(readFileSync(join(folder, "deep/er/x.txt"), "utf8"), "X")
  assert.equal(statSync(join(folder, "deep/er/x.txt")).mode & 0o777, 0o400)
  assert.equal(readlinkSync(join(folder, "deep")), "..data/deep")
  assert.equal(existsSync(join(folder, "y")), false)
})

const failures: { name: string; volume: VolumeInput; message: string }[] = [
  {
    name: "a missing config map",
    volume: { name: "v", configMap: { name: "none" } },
    message: 'MountVolume.SetUp failed for volume "v" : configmap "none" not found',
  },
  {
    name: "a missing secret",
    volume: { name: "v", secret: { secretName: "none" } },
    message: 'MountVolume.SetUp failed for volume "v" : secret "none" not found',
  },
  {
    name: "a missing key",
    volume: { name: "v", configMap: { name: "some", items: [{ key: "nope", path: "p" }] } },
    message: 'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: nope',
  },
  {
    name: "two failed projections",
    volume: { name: "v", projected: { sources: [{ secret: { name: "a" } }, { configMap: { name: "b" } }] } },
    message: 'MountVolume.SetUp failed for volume "v" : [secret "a" not found, configmap "b" not found]',
  },
  {
    name: "a path that leads out",
    volume: { name: "v", configMap: { name: "some", items: [{ key: "k", path: "../../x" }] } },
    message: `MountVolume.SetUp failed for volume "v" : invalid path: must not contain '..': ../../x`,
  },
  {
    name: "a trust bundle",
    volume: { name: "v", projected: { sources: [{ clusterTrustBundle: { name: "t", path: "p" } }] } },
    message: 'MountVolume.SetUp failed for volume "v" : ClusterTrustBundle projection is not supported by this node',
  },
  {
    name: "a host path of another type",
    volume: { name: "v", hostPath: { path: "/etc", type: "File" } },
    message: 'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /etc is not a file',
  },
  {
    name: "a host path that is not there",
    volume: { name: "v", hostPath: { path: "/nowhere/at/all", type: "Socket" } },
    message:
      'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /nowhere/at/all is not a socket file',
  },
  {
    name: "a medium that does not exist",
    volume: { name: "v", emptyDir: { medium: "Tape" } },
    message: 'MountVolume.SetUp failed for volume "v" : unknown storage medium "Tape"',
  },
  {
    name: "huge pages nobody asks for",
    volume: { name: "v", emptyDir: { medium: "HugePages" } },
    message:
      'MountVolume.SetUp failed for volume "v" : medium HugePages: hugePages storage requested, but there is no resource request for huge pages',
  },
  {
    name: "a type that this node has not",
    volume: { name: "v", nfs: { server: "s", path: "/p" } },
    message:
      'failed to get Plugin from volumeSpec for volume "v" err=no volume plugin matched: this node has no nfs volumes',
  },
]

for (const { name, volume, message } of failures) {
  test(`FailedMount: ${name}`, { skip }, async () => {
    setConfigMap("some", { k: "v" })
    const events: string[] = []
    const volumes = newVolumes("failing", events)
    await assert.rejects(volumes.setUp(podOf("failing", [volume])), (error: unknown) => {
      assert(error instanceof VolumesError)
      assert.deepEqual(
        error.failures.map((failure) => failure.message),
        [message],
      )
      return true
    })
    assert.deepEqual(events, [`Warning FailedMount ${message}`])
  })
}

test("what is optional may be missing", { skip }, async () => {
  setConfigMap("some", { k: "v" })
  const volumes = newVolumes("optional")
  const items = [
    { key: "nope", path: "p" },
    { key: "k", path: "k" },
  ]
  await volumes.setUp(
    podOf("optional", [
      { name: "none", secret: { secretName: "none", optional: true } },
      { name: "part", configMap: { name: "some", items, optional: true } },
    ]),
  )
  assert.deepEqual(readdirSync(join(pathOf("optional", "kubernetes.io~secret", "none"), "..data")), [])
  assert.deepEqual(readdirSync(join(pathOf("optional", "kubernetes.io~configmap", "part"), "..data")), ["k"])
})

test("the API access volume: token, root CA, namespace; the token is renewed after 80% of its life", {
  skip,
}, async () => {
  setConfigMap("kube-root-ca.crt", { "ca.crt": "PEM" })
  const volumes = newVolumes("api")
  const sources = [
    { serviceAccountToken: { path: "token", expirationSeconds: 3607, audience: "aud" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] },
    },
  ]
  const securityContext = { runAsUser: 1234, fsGroup: 77 }
  const pod = podOf("api", [{ name: "v", projected: { sources } }], { serviceAccountName: "robot", securityContext })
  await volumes.setUp(pod)
  const folder = pathOf("api", "kubernetes.io~projected", "v")
  const token = readFileSync(join(folder, "token"), "utf8")
  assert.equal(token, `robot-${tokenRequests.length}`)
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "web", uid: "api" }
  assert.deepEqual(tokenRequests.at(-1), { audiences: ["aud"], expirationSeconds: 3607, boundObjectRef })
  assert.equal(readFileSync(join(folder, "ca.crt"), "utf8"), "PEM")
  assert.equal(readFileSync(join(folder, "namespace"), "utf8"), "default")
  const file = statSync(join(folder, "token"))
  assert.deepEqual([file.uid, file.gid, file.mode & 0o777], [1234, 77, 0o640])

  nowMs += 3607_000 * 0.8 - 11_000
  await volumes.setUp(pod)
  assert.equal(readFileSync(join(folder, "token"), "utf8"), token)
  nowMs += 11_000
  await volumes.setUp(pod)
  assert.notEqual(readFileSync(join(folder, "token"), "utf8"), token)
})

test("downward API files hold fields and resources", { skip }, async () => {
  const field = (path: string, fieldPath: string) => ({ path, fieldRef: { apiVersion: "v1", fieldPath } })
  const resource = (path: string, name: string, divisor: string) => ({
    path,
    resourceFieldRef: { containerName: "c", resource: name, divisor },
  })
  const items = [
    field("labels", "metadata.labels"),
    field("app", "metadata.labels['app']"),
    resource("memory", "limits.memory", "1Mi"),
    resource("cpu", "limits.cpu", "1m"),
    resource("requests", "requests.cpu", "0"),
  ]
  const volumes = newVolumes("down")
  await volumes.setUp(podOf("down", [{ name: "v", downwardAPI: { items } }]))
  const read = (name: string) => readFileSync(join(pathOf("down", "kubernetes.io~downward-api", "v"), name), "utf8")
  assert.equal(read("labels"), 'app="web"\ntier="a\\"b"')
  assert.equal(read("app"), "web")
  assert.deepEqual([read("memory"), read("cpu"), read("requests")], ["4096", "2000", "0"])
})

test("an emptyDir belongs to the group, keeps its content over restarts, and goes with the pod", { skip }, async () => {
  const volumes = newVolumes("empty")
  const pod = podOf("empty", [{ name: "v", emptyDir: {} }], { securityContext: { fsGroup: 4321 } })
  await volumes.setUp(pod)
  const folder = pathOf("empty", "kubernetes.io~empty-dir", "v")
  assert.deepEqual([statSync(folder).gid, statSync(folder).mode & 0o7777], [4321, 0o2777])
  writeFileSync(join(folder, "file"), "kept", { mode: 0o600 })
  await newVolumes("empty").setUp(pod)
  assert.equal(readFileSync(join(folder, "file"), "utf8"), "kept")
  assert.equal(statSync(join(folder, "file")).mode & 0o777, 0o600)
  const [usage] = await volumes.usage(pod)
  assert.equal(usage?.inodesUsed, 2)
  await volumes.tearDown("empty")
  assert.equal(volumes.hasVolumes("empty"), false)
})

test("a memory emptyDir is a tmpfs of the least limit, and orphans of a killed agent are unmounted", {
  skip,
}, async () => {
  const orphanDir = mkdtempSync(join(tmpdir(), "gantry-volumes-orphan-"))
  const host = mkdtempSync(join(tmpdir(), "gantry-volumes-host-"))
  writeFileSync(join(host, "precious"), "p")
  const pod = podOf(
    "memory",
    [
      { name: "v", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "h", hostPath: { path: host } },
    ],
    {},
    [
      { name: "v", mountPath: "/v", subPath: "a/b" },
      { name: "h", mountPath: "/h", subPath: "." },
    ],
  )
  const volumes = newVolumes("memory", [], orphanDir)
  await volumes.setUp(pod)
  const [container] = pod.spec.containers
  assert(container !== undefined)
  await volumes.containerMounts(pod, container, noOptions)
  const mounts = () => readMountTable().filter(({ mountPoint }) => mountPoint.startsWith(orphanDir))
  const tmpfs = mounts().find(({ mountPoint }) => mountPoint.endsWith("/v"))
  assert(tmpfs?.superOptions.includes("size=1024k"))
  assert.equal(mounts().length, 3)

  const afterKill = newVolumes("memory", [], orphanDir)
  assert.deepEqual(await afterKill.removeOrphans(new Set(["memory"])), [])
  assert.deepEqual(await afterKill.removeOrphans(new Set()), ["memory"])
  assert.equal(mounts().length, 0)
  assert.deepEqual(readdirSync(join(orphanDir, "pods")), [])
  assert.equal(readFileSync(join(host, "precious"), "utf8"), "p")
  for (const folder of [orphanDir, host]) rmSync(folder, { recursive: true })
})

test("host paths are made where the type says so", { skip }, async () => {
  const at = join(dir, "host")
  const volumes = newVolumes("host")
  await volumes.setUp(podOf("host", [{ name: "d", hostPath: { path: join(at, "x/y"), type: "DirectoryOrCreate" } }]))
  await volumes.setUp(podOf("host", [{ name: "f", hostPath: { path: join(at, "f"), type: "FileOrCreate" } }]))
  const server = createServer().listen(join(at, "s"))
  await volumes.setUp(podOf("host", [{ name: "s", hostPath: { path: join(at, "s"), type: "Socket" } }]))
  await volumes.setUp(podOf("host", [{ name: "c", hostPath: { path: "/dev/null", type: "CharDevice" } }]))
  server.close()
  assert(statSync(join(at, "x/y")).isDirectory() && statSync(join(at, "f")).isFile())
})

test("sub paths stay inside their volume", { skip }, async () => {
  const host = join(dir, "shared")
  mkdirSync(join(host, "in"), { recursive: true })
  chmodSync(host, 0o2770)
  symlinkSync("/etc", join(host, "out"))
  symlinkSync("in", join(host, "link"))
  writeFileSync(join(host, "in", "file"), "inside")
  const volumes = newVolumes("sub")
  const mount = async (subPath: string, env: { name: string; value: string }[] = [], expr = false) => {
    const volumeMount = { name: "h", mountPath: "/m", ...(expr ? { subPathExpr: subPath } : { subPath }) }
    const pod = podOf("sub", [{ name: "h", hostPath: { path: host } }], {}, [volumeMount])
    await volumes.setUp(pod)
    const [container] = pod.spec.containers
    assert(container !== undefined)
    const [made] = await volumes.containerMounts(pod, container, { ...noOptions, env })
    return made?.hostPath ?? ""
  }
  assert.equal(readFileSync(await mount("in/file"), "utf8"), "inside")
  assert.equal(readFileSync(join(await mount("link"), "file"), "utf8"), "inside")
  assert.equal(lstatSync(await mount("$(NAME)/deeper", [{ name: "NAME", value: "new" }], true)).mode & 0o7777, 0o2770)
  await assert.rejects(mount("out/passwd"), {
    message: 'failed to prepare subPath for volumeMount "h" of container "c"',
  })
  await assert.rejects(mount("a/../../b"), {
    message: "unable to provision SubPath `a/../../b`: must not contain '..'",
  })
  await assert.rejects(mount("/etc"), { message: "error SubPath `/etc` must not be an absolute path" })
  await assert.rejects(mount("$(NONE)", [], true), { message: "missing value for NONE" })
})

test("mounts carry read-only, propagation and images", { skip }, async () => {
  setConfigMap("some", { k: "v" })
  const volumes = newVolumes("mounts")
  const pod = podOf(
    "mounts",
    [
      { name: "c", configMap: { name: "some" } },
      { name: "h", hostPath: { path: "/srv" } },
      { name: "i", image: { reference: "data:1" } },
    ],
    {},
    [
      { name: "c", mountPath: "/c" },
      { name: "h", mountPath: "/h", mountPropagation: "HostToContainer" },
      { name: "i", mountPath: "/i", subPath: "etc" },
      { name: "h", mountPath: "/r", readOnly: true, recursiveReadOnly: "Enabled" },
    ],
  )
  await volumes.setUp(pod)
  const [container] = pod.spec.containers
  assert(container !== undefined)
  const made = await volumes.containerMounts(pod, container, { env: [], recursiveReadOnlyMounts: true })
  const propagation = "PRIVATE"
  const plain = { propagation, recursiveReadOnly: false }
  const image = { image: "data:1", userSpecifiedImage: "data:1" }
  assert.deepEqual(made, [
    { ...plain, containerPath: "/c", hostPath: pathOf("mounts", "kubernetes.io~configmap", "c"), readonly: true },
    { ...plain, containerPath: "/h", hostPath: "/srv", readonly: false, propagation: "HOST_TO_CONTAINER" },
    { ...plain, containerPath: "/i", hostPath: "", readonly: true, image, imageSubPath: "etc" },
    { containerPath: "/r", hostPath: "/srv", readonly: true, propagation, recursiveReadOnly: true },
  ])
  await assert.rejects(volumes.containerMounts(pod, container, noOptions), {
    message:
      'failed to resolve recursive read-only mode: volume "h" requested recursive read-only mode, but it is not supported by the runtime',
  })
})

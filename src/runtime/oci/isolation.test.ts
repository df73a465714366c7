import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import { after, before, test } from "node:test"
import { code, conformancePrograms, type Fixture, ownNamespaces } from "../conformance/fixture.ts"
import type { ContainerConfig, ContainerSecurityContext, Mount } from "../container.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { NamespaceOptions, PodSandboxConfig, SandboxId } from "../sandbox.ts"
import { createTestMachine, readLog, testImage } from "./testing/machine.ts"

const machine = createTestMachine()
let runtime: ContainerRuntime
let fixture: Fixture
before(async () => {
  runtime = await machine.open()
  fixture = machine.fixture(runtime)
})
after(() => machine.remove())

const { runs } = conformancePrograms
const image = { image: testImage, userSpecifiedImage: testImage }

function secured(security: Partial<ContainerSecurityContext>): Pick<ContainerConfig, "linux"> {
  const { linux } = fixture.container(runs)
  return { linux: { ...linux, securityContext: { ...linux.securityContext, ...security } } }
}

function podWith(options: Partial<NamespaceOptions>, sysctls: Record<string, string> = {}): PodSandboxConfig {
  const pod = fixture.pod()
  const namespaceOptions = { ...ownNamespaces, ...options }
  return { ...pod, linux: { ...pod.linux, sysctls, securityContext: { namespaceOptions } } }
}

let names = 0

/** Runs a script in a container of its own and returns what it printed, with errors. */
async function output(script: string, overrides: Partial<ContainerConfig> = {}, sandbox?: SandboxId): Promise<string> {
  const pod = sandbox ?? (await runtime.runPodSandbox(fixture.pod()))
  const name = `c${++names}`
  const own = { metadata: { name, attempt: 0 }, logPath: `${name}/0.log`, ...overrides }
  const id = await runtime.createContainer(pod, fixture.container(["sh", "-c", `exec 2>&1; ${script}`], own))
  await runtime.startContainer(id)
  const { logPath } = await fixture.ended(id)
  return readLog(logPath)
    .map(({ text }) => text)
    .join("")
    .trimEnd()
}

const mount = (hostPath: string, containerPath: string, rest: Partial<Mount> = {}): Mount => ({
  hostPath,
  containerPath,
  readonly: false,
  propagation: "PRIVATE",
  ...rest,
})

test("the program, environment and folder come from the container, then the image", async () => {
  const envs = [
    { name: "OWN", value: "a b=c" },
    { name: "__proto__", value: "x" },
  ]
  const text = await output('echo "$FROM_IMAGE|$OWN|$HOSTNAME|$(hostname)|$(pwd)|$0"; env | grep -c __proto__=x', {
    envs,
    workingDir: "/data",
  })
  const [line, count] = text.split("\n")
  assert.match(line ?? "", /^yes\|a b=c\|(pod-\d+)\|\1\|\/data\|sh$/)
  assert.equal(count, "1")
})

test("an environment, which may hold secrets, is nobody's to read on the machine but root's", async () => {
  const sandbox = await runtime.runPodSandbox(fixture.pod())
  const envs = [{ name: "PASSWORD", value: "a secret on the disk" }]
  const id = await runtime.createContainer(sandbox, fixture.container(runs, { envs }))
  const { dataDir, stateDir } = machine.options
  const folders = [dataDir, stateDir].map((dir) => join(dir, "containers"))
  const found = execFileSync("grep", ["-rl", "--exclude-dir=rootfs", "a secret on the disk", ...folders])
  const files = String(found).trim().split("\n")
  assert.ok(files.includes(join(dataDir, "containers", id, "container.json")))
  const open = files.filter(
    (file) => (statSync(file).mode & 0o077) !== 0 && (statSync(dirname(file)).mode & 0o077) !== 0,
  )
  assert.deepEqual(open, [])
})

const userCases = [
  { name: "the image's user is root", security: {}, id: "uid=0(root) gid=0(root) groups=0(root)" },
  {
    name: "a number takes its groups from the image",
    security: { runAsUser: 1000 },
    id: "uid=1000(app) gid=1001(app) groups=1001(app),2000(extra)",
  },
  {
    name: "a name is looked up, groups are merged",
    security: { runAsUsername: "app", supplementalGroups: [3000] },
    id: "uid=1000(app) gid=1001(app) groups=1001(app),2000(extra),3000",
  },
  {
    name: "Strict leaves the image's groups out",
    security: { runAsUser: 1000, runAsGroup: 5, supplementalGroups: [3000], supplementalGroupsPolicy: "Strict" },
    id: "uid=1000(app) gid=5 groups=5,3000",
  },
  { name: "an unknown number is no error", security: { runAsUser: 4242 }, id: "uid=4242 gid=0(root) groups=0(root)" },
] as const

for (const { name, security, id } of userCases) {
  test(`user: ${name}`, async () => assert.equal(await output("id", secured(security)), id))
}

test("user: an unknown name is refused", async () => {
  const sandbox = await runtime.runPodSandbox(fixture.pod())
  const config = fixture.container(runs, secured({ runAsUsername: "nobody-here" }))
  await assert.rejects(runtime.createContainer(sandbox, config), code("UserUnresolved"))
})

const status = (field: string) => `sed -n 's/^${field}:\\t*//p' /proc/self/status`
/** chown dac_override fowner fsetid kill setgid setuid setpcap net_bind net_raw sys_chroot mknod audit_write setfcap */
const DEFAULT_CAPABILITIES = "00000000a80425fb"

const securityCases = [
  { name: "default capabilities", security: {}, script: status("CapEff"), printed: DEFAULT_CAPABILITIES },
  {
    name: "dropping all and adding one",
    security: { capabilitiesDrop: ["ALL"], capabilitiesAdd: ["NET_BIND_SERVICE"] },
    script: `${status("CapEff")}; ${status("CapBnd")}`,
    printed: "0000000000000400\n0000000000000400",
  },
  {
    name: "no capabilities for others than root",
    security: { runAsUser: 1 },
    script: status("CapEff"),
    printed: "0".repeat(16),
  },
  { name: "no new privileges", security: { noNewPrivs: true }, script: status("NoNewPrivs"), printed: "1" },
  { name: "seccomp is off unless asked for", security: {}, script: status("Seccomp"), printed: "0" },
  {
    name: "RuntimeDefault filters system calls",
    security: { seccomp: { type: "RuntimeDefault" }, capabilitiesAdd: ["SYS_TIME"] },
    script: `${status("Seccomp")}; unshare -U true; unshare -n true; mount -t tmpfs x /tmp`,
    printed:
      "2\nunshare: unshare(0x10000000): Operation not permitted\nunshare: unshare(0x40000000): Operation not permitted\nmount: permission denied (are you root?)",
  },
  {
    name: "a read-only root",
    security: { readonlyRootfs: true },
    script: "touch /x; touch /dev/shm/y && echo shm",
    printed: "touch: /x: Read-only file system\nshm",
  },
  {
    name: "masked and read-only paths",
    security: {},
    script: "wc -c </proc/timer_list; ls /sys/firmware | wc -l; echo 1 >/proc/sys/vm/drop_caches",
    printed: "0\n0\nsh: can't create /proc/sys/vm/drop_caches: Read-only file system",
  },
  {
    name: "procMount Unmasked",
    security: { maskedPaths: [], readonlyPaths: [] },
    script: "grep -c ' /proc/sys ' /proc/self/mountinfo",
    printed: "0",
  },
  {
    name: "privileged containers see the machine's devices and may mount",
    security: { privileged: true },
    script: "mount -t tmpfs x /tmp && echo mounted; test -w /sys && echo writable; test -c /dev/kmsg && echo kmsg",
    printed: "mounted\nwritable\nkmsg",
  },
  {
    name: "others do not",
    security: {},
    script: "mknod /dev/mem1 c 1 1 && cat /dev/mem1; test -c /dev/kmsg || echo none",
    printed: "cat: can't open '/dev/mem1': Operation not permitted\nnone",
  },
] as const

for (const { name, security, script, printed } of securityCases) {
  test(`security: ${name}`, async () => assert.equal(await output(script, secured(security)), printed))
}

test("exec runs with the container's user, capabilities and filter", async () => {
  const security = secured({ runAsUser: 1000, seccomp: { type: "RuntimeDefault" }, noNewPrivs: true })
  const { id } = await fixture.started(runs, security)
  const script = `id -u; ${status("Seccomp")}; ${status("NoNewPrivs")}; hostname | cut -c1-4; cat /proc/1/cgroup /proc/self/cgroup | sort -u | wc -l; cat /proc/self/cgroup | wc -l`
  const { stdout } = await runtime.execSync(id, ["sh", "-c", script], 0)
  const [uid, seccomp, noNewPrivs, host, groups, ownGroups] = String(stdout).trim().split("\n")
  assert.deepEqual([uid, seccomp, noNewPrivs, host], ["1000", "2", "1", "pod-"])
  // The same groups as the container's first process.
  assert.equal(groups, ownGroups)
})

test("mounts: folders, files, read-only, and folders made where nothing is", async () => {
  const folder = join(machine.root, "volume")
  mkdirSync(folder)
  writeFileSync(join(folder, "file"), "content")
  const mounts = [
    mount(folder, "/volume"),
    mount(join(folder, "file"), "/etc/one-file", { readonly: true }),
    mount(folder, "/read-only", { readonly: true }),
    mount(join(folder, "new"), "/deep/er/new"),
  ]
  const script =
    "cat /etc/one-file; echo; echo x >/volume/written; touch /read-only/x; echo x >/etc/one-file; ls -d /deep/er/new"
  const printed = await output(script, { mounts })
  assert.deepEqual(printed.split("\n"), [
    "content",
    "touch: /read-only/x: Read-only file system",
    "sh: can't create /etc/one-file: Read-only file system",
    "/deep/er/new",
  ])
  assert.equal(readFileSync(join(folder, "written"), "utf8"), "x\n")
})

test("mounts: an image, or a folder of it, read-only", async () => {
  const mounts = [
    mount("", "/whole", { image, readonly: true }),
    mount("", "/part", { image, imageSubPath: "data", readonly: true }),
  ]
  const printed = await output("cat /whole/data/hello /part/hello; touch /part/x", { mounts })
  assert.equal(printed, "hello from the image\nhello from the image\ntouch: /part/x: Read-only file system")
})

test("mounts: a path that leads out of the image is not there", async () => {
  const sandbox = await runtime.runPodSandbox(fixture.pod())
  const mounts = [mount("", "/part", { image, imageSubPath: "../../../etc/passwd-of-host", readonly: true })]
  await assert.rejects(runtime.createContainer(sandbox, fixture.container(runs, { mounts })), code("InvalidArgument"))
})

test("the containers of a pod share network, IPC and /dev/shm, not processes and files", async () => {
  const { sandbox, id } = await fixture.started(runs)
  const namespaces = "for n in net ipc uts pid mnt; do readlink /proc/1/ns/$n; done"
  const { stdout } = await runtime.execSync(id, ["sh", "-c", `touch /dev/shm/shared /alone; ${namespaces}`], 0)
  const first = String(stdout).trim().split("\n")
  const [shm, alone, ...second] = (await output(`ls /dev/shm; ls /alone; ${namespaces}`, {}, sandbox)).split("\n")
  assert.deepEqual([shm, alone], ["shared", "ls: /alone: No such file or directory"])
  assert.deepEqual(first.slice(0, 3), second.slice(0, 3))
  assert.notEqual(first[3], second[3])
  assert.notEqual(first[4], second[4])
})

test("a shared pid namespace has an init of its own that reaps, and dies with the sandbox", async () => {
  const pod = podWith({ pid: "POD" })
  const sandbox = await runtime.runPodSandbox(pod)
  const shared = secured({ namespaceOptions: { ...ownNamespaces, pid: "POD" } })
  const config = fixture.container(["sh", "-c", "(sleep 0.01 &) ; exec sleep 1000"], shared)
  const id = await runtime.createContainer(sandbox, config)
  await runtime.startContainer(id)
  const printed = await output(
    "cat /proc/1/comm; until ! ps | grep -q 'sleep 0.0[1]'; do :; done; ps -o stat | grep -c Z; pidof sleep | wc -w",
    shared,
    sandbox,
  )
  assert.equal(printed, "busybox\n0\n1")
  await runtime.stopPodSandbox(sandbox)
  assert.equal((await runtime.containerStatus(id)).exitCode, 137)
})

test("a container can join another's processes", async () => {
  const { sandbox, id } = await fixture.started(runs)
  const joined = secured({ namespaceOptions: { ...ownNamespaces, pid: "TARGET", targetId: id } })
  assert.match(await output("cat /proc/1/cmdline | tr '\\0' ' '", joined, sandbox), /^sh -c trap/)
})

test("host namespaces are the machine's", async () => {
  const node = { network: "NODE", ipc: "NODE", pid: "NODE" } as const
  const sandbox = await runtime.runPodSandbox({ ...podWith(node), hostname: "" })
  const { ips, netnsPath } = await runtime.podSandboxStatus(sandbox)
  assert.deepEqual([ips, netnsPath], [[], ""])
  const host = secured({ namespaceOptions: node })
  const printed = await output("hostname; for n in net ipc uts pid; do readlink /proc/self/ns/$n; done", host, sandbox)
  const own = ["net", "ipc", "uts", "pid"].map((kind) => readlinkSync(`/proc/self/ns/${kind}`))
  assert.deepEqual(printed.split("\n"), [hostname(), ...own])
})

test("sysctls of the pod's own namespaces are set, others refused", async () => {
  const sandbox = await runtime.runPodSandbox(
    podWith({}, { "net.ipv4.ip_unprivileged_port_start": "80", "kernel.shm_rmid_forced": "1" }),
  )
  const script = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced"
  assert.equal(await output(script, {}, sandbox), "80\n1")
  await assert.rejects(runtime.runPodSandbox(podWith({}, { "vm.swappiness": "1" })), code("InvalidArgument"))
  await assert.rejects(
    runtime.runPodSandbox(podWith({ network: "NODE" }, { "net.ipv4.ip_forward": "1" })),
    code("InvalidArgument"),
  )
})

test("resolv.conf is the pod's", async () => {
  const dnsConfig = {
    servers: ["10.96.0.10"],
    searches: ["default.svc.cluster.local", "svc.cluster.local"],
    options: ["ndots:5"],
  }
  const sandbox = await runtime.runPodSandbox({ ...fixture.pod(), dnsConfig })
  const printed = await output("cat /etc/resolv.conf; cat /etc/hostname | cut -c1-4", {}, sandbox)
  assert.equal(
    printed,
    "search default.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\npod-",
  )
})

test("devices that are named are there, with their permissions", async () => {
  const devices = [{ hostPath: "/dev/kmsg", containerPath: "/dev/log", permissions: "r" }]
  const printed = await output("test -c /dev/log && : </dev/log && echo read; : >/dev/log", {
    ...secured({ capabilitiesAdd: ["SYSLOG"] }),
    devices,
  })
  assert.equal(printed, "read\nsh: can't create /dev/log: Operation not permitted")
})

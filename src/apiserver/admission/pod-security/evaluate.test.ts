import assert from "node:assert/strict"
import { test } from "node:test"
import type { PodSpec } from "../../../api/core/v1/pod-spec.ts"
import { subjectOf } from "./check.ts"
import { describeFindings, evaluate } from "./evaluate.ts"
import { type Level, policyOf } from "./policy.ts"

const at = (level: Level, minor = Number.POSITIVE_INFINITY) => ({ level, minor })
const told = (level: ReturnType<typeof at>, spec: object, annotations: Record<string, string> = {}) =>
  describeFindings(
    evaluate(level, subjectOf({ annotations }, { containers: [{ name: "a" }], ...spec } as unknown as PodSpec)),
  )
const one = (securityContext: object, more: object = {}) => ({ containers: [{ name: "a", securityContext, ...more }] })
const good = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
}

const BASELINE: readonly (readonly [string, object, string])[] = [
  ["host namespaces", { hostNetwork: true, hostIPC: true }, "host namespaces (hostNetwork=true, hostIPC=true)"],
  [
    "host paths",
    {
      volumes: [
        { name: "v", hostPath: { path: "/" } },
        { name: "w", hostPath: { path: "/" } },
      ],
    },
    'hostPath volumes (volumes "v", "w")',
  ],
  [
    "host ports",
    { containers: [{ name: "a", ports: [{ hostPort: 80 }, { hostPort: 443 }, { containerPort: 1 }] }] },
    'hostPort (container "a" uses hostPorts 443, 80)',
  ],
  [
    "probes of other hosts",
    one({}, { livenessProbe: { httpGet: { host: "h" } }, lifecycle: { preStop: { tcpSocket: { host: "g" } } } }),
    'probe or lifecycle host (container "a" uses probe or lifecycle hosts "g", "h")',
  ],
  ["privileged", one({ privileged: true }), 'privileged (container "a" must not set securityContext.privileged=true)'],
  [
    "capabilities",
    {
      ...one({ capabilities: { add: ["CHOWN"] } }),
      initContainers: [{ name: "i", securityContext: { capabilities: { add: ["SYS_ADMIN", "NET_RAW"] } } }],
    },
    'non-default capabilities (container "i" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
  ],
  [
    "AppArmor",
    {
      securityContext: { appArmorProfile: { type: "Unconfined" } },
      ...one({ appArmorProfile: { type: "Unconfined" } }),
    },
    'forbidden AppArmor profile (pod and container "a" must not set AppArmor profile type to "Unconfined")',
  ],
  [
    "SELinux",
    { securityContext: { seLinuxOptions: { type: "spc_t", user: "u" } } },
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
  ],
  [
    "seccomp",
    { securityContext: { seccompProfile: { type: "Unconfined" } } },
    'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    "proc",
    one({ procMount: "Unmasked" }),
    'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  ],
  ["sysctls", { securityContext: { sysctls: [{ name: "kernel.x" }] } }, "forbidden sysctls (kernel.x)"],
  [
    "host processes",
    { securityContext: { windowsOptions: { hostProcess: true } } },
    "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
  ],
]
for (const [name, spec, text] of BASELINE) {
  test(`baseline forbids: ${name}`, () => {
    assert.equal(told(at("baseline"), spec), text)
    assert.equal(told(at("privileged"), spec), "")
  })
}

test("restricted says all that a plain pod lacks", () => {
  assert.equal(told(at("baseline"), {}), "")
  assert.equal(
    told(at("restricted"), {}),
    'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  )
  assert.equal(told(at("restricted"), one(good)), "")
})

test("a restricted rule stands for the baseline rule that it tightens", () => {
  const volumes = [
    { name: "v", hostPath: { path: "/" } },
    { name: "n", nfs: {} },
    { name: "e", emptyDir: {} },
  ]
  assert.equal(
    told(at("restricted"), { ...one(good), volumes }),
    'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
  )
  assert.equal(
    told(at("restricted"), one({ ...good, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE", "CHOWN"] } })),
    'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)',
  )
  assert.equal(
    told(at("restricted"), one({ ...good, runAsUser: 0 })),
    'runAsUser=0 (container "a" must not set runAsUser=0)',
  )
})

test("rules hold from their version on", () => {
  const keepalive = { securityContext: { sysctls: [{ name: "net.ipv4.tcp_keepalive_time" }] } }
  assert.deepEqual(
    [28, 29, 40].map((minor) => told(at("baseline", minor), keepalive)),
    ["forbidden sysctls (net.ipv4.tcp_keepalive_time)", "", ""],
  )
  const key = "container.seccomp.security.alpha.kubernetes.io/a"
  const annotated = (minor: number) => told(at("baseline", minor), {}, { [key]: "unconfined" })
  assert.deepEqual([18, 19].map(annotated), [`seccompProfile (forbidden annotation ${key}="unconfined")`, ""])
  assert.equal(told(at("restricted", 7), one({ runAsNonRoot: true })), "")
  const ownUsers = { hostUsers: false, ...one({ ...good, runAsNonRoot: false, procMount: "Unmasked" }) }
  assert.equal(told(at("baseline"), ownUsers), "")
  assert.match(told(at("restricted"), ownUsers), /^procMount \(/)
  assert.match(told(at("baseline", 34), ownUsers), /^procMount \(/)
})

test("pods for Windows need not set what Windows has not", () => {
  assert.equal(told(at("restricted"), { os: { name: "windows" }, securityContext: { runAsNonRoot: true } }), "")
})

const label = (name: string) => `pod-security.kubernetes.io/${name}`

test("labels choose levels; who is refused is warned too", () => {
  const { policy, errors } = policyOf({ [label("enforce")]: "baseline", [label("enforce-version")]: "v1.30" })
  assert.deepEqual(errors, [])
  assert.deepEqual(
    [policy.enforce, policy.warn, policy.audit],
    [at("baseline", 30), at("baseline", 30), at("privileged")],
  )
  const own = policyOf({ [label("enforce")]: "baseline", [label("warn")]: "restricted" }).policy
  assert.deepEqual(own.warn, at("restricted"))
})

test("a wrong label is told, and refuses rather than lets in", () => {
  const { policy, errors } = policyOf({ [label("enforce")]: "strict", [label("warn-version")]: "1.2" })
  assert.deepEqual([policy.enforce.level, policy.warn.level], ["restricted", "privileged"])
  assert.deepEqual(
    errors.map(({ field, body }) => `${field}: ${body}`),
    [
      `metadata.labels[${label("enforce")}]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
      `metadata.labels[${label("warn-version")}]: Invalid value: "1.2": must be "latest" or "v1.x"`,
    ],
  )
})

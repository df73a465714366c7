import assert from "node:assert/strict"
import { test } from "node:test"
import { statusErrors, updateErrors } from "../../../testing.ts"
import { Pod } from "../pod.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/core/validation. */

const good = { name: "c", image: "web" }
const pod = (spec: object) => ({ metadata: { name: "p" }, spec: { containers: [good], ...spec } })

const updates: readonly { name: string; before: object; after: object; errors: readonly (string | RegExp)[] }[] = [
  {
    name: "another image",
    before: {},
    after: { containers: [{ ...good, image: "web:2", imagePullPolicy: "Always" }] },
    errors: [],
  },
  { name: "one more toleration", before: {}, after: { tolerations: [{ operator: "Exists" }] }, errors: [] },
  { name: "a deadline", before: {}, after: { activeDeadlineSeconds: 5 }, errors: [] },
  {
    name: "a later deadline",
    before: { activeDeadlineSeconds: 5 },
    after: { activeDeadlineSeconds: 6 },
    errors: ["spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"],
  },
  {
    name: "one more container",
    before: {},
    after: { containers: [good, { name: "d", image: "web" }] },
    errors: ["spec.containers: Forbidden: pod updates may not add or remove containers"],
  },
  {
    name: "fewer tolerations",
    before: { tolerations: [{ operator: "Exists" }] },
    after: {},
    errors: ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
  },
  {
    name: "one more gate",
    before: {},
    after: { schedulingGates: [{ name: "a" }] },
    errors: ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
  },
  {
    name: "fewer nodes while gated",
    before: { schedulingGates: [{ name: "a" }] },
    after: { schedulingGates: [{ name: "a" }], nodeSelector: { disk: "ssd" } },
    errors: [],
  },
  {
    name: "other nodes while gated",
    before: { schedulingGates: [{ name: "a" }], nodeSelector: { disk: "ssd" } },
    after: { schedulingGates: [{ name: "a" }], nodeSelector: { disk: "hdd" } },
    errors: [
      'spec.nodeSelector: Invalid value: {"disk":"hdd"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  },
  {
    name: "another host name",
    before: {},
    after: { hostname: "b" },
    errors: [
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,`spec\.initContainers\[\*\]\.image`,`spec\.activeDeadlineSeconds`,`spec\.tolerations` \(only additions to existing tolerations\),`spec\.terminationGracePeriodSeconds` \(allow it to be set to 1 if it was previously negative\)\n@@ [^\n]* @@\n[^]*\n\+ "hostname": "b"[^]*$/,
    ],
  },
]
for (const { name, before, after, errors } of updates) {
  test(`a changed pod: ${name}`, () => {
    const found = updateErrors(Pod, pod(before), pod(after))
    assert.equal(found.length, errors.length, found.join("\n"))
    for (const [index, error] of errors.entries()) {
      if (typeof error === "string") assert.equal(found[index], error)
      else assert.match(found[index] ?? "", error)
    }
  })
}

const ended = { name: "c", state: { terminated: { exitCode: 0 } } }
const alive = { name: "c", state: { running: {} } }
const statuses: readonly { name: string; spec: object; before: object; after: object; errors: readonly string[] }[] = [
  {
    name: "restarted",
    spec: {},
    before: { containerStatuses: [ended] },
    after: { containerStatuses: [alive] },
    errors: [],
  },
  {
    name: "revived",
    spec: { restartPolicy: "Never" },
    before: { containerStatuses: [ended] },
    after: { containerStatuses: [alive] },
    errors: ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"],
  },
  {
    name: "addresses and conditions",
    spec: {},
    before: {},
    after: {
      hostIP: "1.1.1.1",
      hostIPs: [{ ip: "1.1.1.2" }],
      podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }],
      conditions: [
        { type: "Ready", status: "True" },
        { type: "not ok", status: "True" },
      ],
    },
    errors: [
      `status.conditions[1].Type: Invalid value: "not ok": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family',
      'status.hostIPs[0].ip: Invalid value: "1.1.1.2": must be equal to `hostIP`',
    ],
  },
]
for (const { name, spec, before, after, errors } of statuses) {
  test(`a pod's status: ${name}`, () => {
    const at = (status: object) => ({ ...pod(spec), status })
    assert.deepEqual(statusErrors(Pod, at(before), at(after)), errors)
  })
}

import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource, Column } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, statusErrors, testContext, updateErrors } from "../../testing.ts"
import { DeviceClass } from "./device-class.ts"
import { ResourceClaim } from "./resource-claim.ts"
import { ResourceClaimTemplate } from "./resource-claim-template.ts"
import { ResourceSlice } from "./resource-slice.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/resource/validation. */

const exactly = { deviceClassName: "gpu" }
const request = { name: "r", exactly }
const claim = (devices: object) => ({ spec: { devices } })
const pool = { name: "p", generation: 1, resourceSliceCount: 1 }
const slice = (spec: object) => ({ spec: { driver: "d.example.com", pool, nodeName: "n", ...spec } })
const device = (more: object) => slice({ devices: [{ name: "d", ...more }] })
const REFERENCE =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
const at = "spec.devices.requests[0]"
const DEVICE = "spec.devices[0]"

const creations: readonly (readonly [string, AnyResource, object, readonly string[]])[] = [
  ["a good claim", ResourceClaim, claim({ requests: [request], constraints: [{ matchAttribute: "a.b/c" }] }), []],
  [
    "a request of nothing",
    ResourceClaim,
    claim({ requests: [{ name: "r" }] }),
    [`${at}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
  ],
  [
    "a request of two things",
    ResourceClaim,
    claim({ requests: [{ ...request, firstAvailable: [{ name: "s", deviceClassName: "gpu" }] }] }),
    [
      `${at}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`,
    ],
  ],
  [
    "the same request twice",
    ResourceClaim,
    claim({ requests: [request, request] }),
    ['spec.devices.requests[1]: Duplicate value: "r"'],
  ],
  [
    "odd wishes",
    ResourceClaim,
    claim({
      requests: [
        { name: "r", exactly: { deviceClassName: "", allocationMode: "All", count: 2, selectors: [{}] } },
        {
          name: "s",
          exactly: {
            ...exactly,
            allocationMode: "Some",
            tolerations: [{ operator: "Exists", value: "v", effect: "Never" }, { operator: "Near" }],
          },
        },
      ],
    }),
    [
      `${at}.exactly.deviceClassName: Required value`,
      `${at}.exactly.selectors[0].cel: Required value`,
      `${at}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
      'spec.devices.requests[1].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
      'spec.devices.requests[1].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
      'spec.devices.requests[1].exactly.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"',
      'spec.devices.requests[1].exactly.tolerations[1].operator: Unsupported value: "Near": supported values: "Equal", "Exists"',
    ],
  ],
  [
    "selectors that are no conditions",
    DeviceClass,
    {
      spec: {
        selectors: [
          { cel: { expression: "device.driver" } },
          { cel: { expression: "x".repeat(10_241) } },
          { cel: { expression: `${"device.attributes.all(a, ".repeat(5)}true${")".repeat(5)}` } },
        ],
      },
    },
    [
      'spec.selectors[0].cel.expression: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string',
      "spec.selectors[1].cel.expression: Too long: may not be more than 10240 bytes",
      "spec.selectors[2].cel.expression: Forbidden: too complex, exceeds cost limit",
    ],
  ],
  [
    "too many requests",
    ResourceClaim,
    claim({ requests: Array.from({ length: 33 }, (_, index) => ({ name: `r${index}`, exactly })) }),
    ["spec.devices.requests: Too many: 33: must have at most 32 items"],
  ],
  [
    "references to nothing",
    ResourceClaim,
    claim({
      requests: [{ name: "r", firstAvailable: [{ name: "s", deviceClassName: "gpu" }] }],
      constraints: [{ requests: ["r/s", "r/t", "a/b/c"], matchAttribute: "c" }],
      config: [{ requests: ["r"], opaque: { driver: "d", parameters: null } }, {}],
    }),
    [
      `spec.devices.constraints[0].requests[1]: Invalid value: "r/t": ${REFERENCE}`,
      `spec.devices.constraints[0].requests[2]: Invalid value: "a/b/c": ${REFERENCE}`,
      'spec.devices.constraints[0].matchAttribute: Invalid value: "c": a fully qualified name must be a domain and a name separated by a slash',
      "spec.devices.config[0].opaque.parameters: Required value",
      "spec.devices.config[1].opaque: Required value",
    ],
  ],
  [
    "a template with a name",
    ResourceClaimTemplate,
    { spec: { metadata: { name: "x" }, ...claim({ requests: [{ name: "r" }] }) } },
    [
      "spec.metadata.name: Forbidden: cannot be set",
      "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
    ],
  ],
  [
    "a class under a name of Kubernetes' own",
    DeviceClass,
    { spec: { extendedResourceName: "cpu" } },
    ['spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name'],
  ],
  [
    "a good slice",
    ResourceSlice,
    device({ attributes: { model: { string: "a" }, "x.y/v": { version: "1.2.3" } } }),
    [],
  ],
  [
    "a slice in two places",
    ResourceSlice,
    slice({ allNodes: true, perDeviceNodeSelection: false, pool: { name: "a//b", resourceSliceCount: 0 } }),
    [
      `spec.pool.name: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
      "spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true",
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
  ],
  [
    "odd facts",
    ResourceSlice,
    device({
      attributes: { none: {}, two: { int: 1, bool: true }, version: { version: "1.2" } },
      taints: [{ key: "k", effect: "" }],
      allNodes: true,
      bindingConditions: ["a"],
    }),
    [
      `${DEVICE}.attributes[none]: Invalid value: "": exactly one value must be specified`,
      `${DEVICE}.attributes[two]: Invalid value: {"int":1,"bool":true}: exactly one value must be specified`,
      `${DEVICE}.attributes[version].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0`,
      `${DEVICE}.taints[0].effect: Required value`,
      `${DEVICE}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`,
      `${DEVICE}.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions`,
    ],
  ],
  [
    "a policy of a device that is not shared",
    ResourceSlice,
    device({ capacity: { memory: { value: "1Gi", requestPolicy: {} } } }),
    [`${DEVICE}.capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true`],
  ],
  [
    "policies that cannot be met",
    ResourceSlice,
    device({
      allowMultipleAllocations: true,
      capacity: {
        a: { value: "4", requestPolicy: { default: "2", validValues: ["3", "1", "5"] } },
        b: { value: "4", requestPolicy: { default: "2", validRange: { min: "1", max: "5", step: "2" } } },
        c: { value: "4", requestPolicy: { validRange: { min: "1" } } },
      },
    }),
    [
      `${DEVICE}.capacity[a].requestPolicy.validValues[1]: Invalid value: "1": values must be sorted in ascending order`,
      `${DEVICE}.capacity[a].requestPolicy.validValues[2]: Invalid value: "5": option is larger than capacity value: 4`,
      `${DEVICE}.capacity[a].requestPolicy.validValues: Invalid value: "2": default value is not valid according to the requestPolicy`,
      `${DEVICE}.capacity[b].requestPolicy.validRange.max: Invalid value: "5": max is larger than capacity value: 4`,
      `${DEVICE}.capacity[b].requestPolicy.validRange.step: Invalid value: "2": value is not a multiple of a given step (2) from (1)`,
      `${DEVICE}.capacity[c].requestPolicy.default: Required value: required when validRange is defined`,
    ],
  ],
]
for (const [name, resource, manifest, errors] of creations) {
  test(name, () => assert.deepEqual(createErrors(resource, manifest), errors))
}

test("claims and templates stay as they are, slices at their place", () => {
  const [before, after] = [claim({ requests: [request] }), claim({ requests: [{ ...request, name: "s" }] })]
  const shown =
    '{"devices":{"requests":[{"name":"s","exactly":{"deviceClassName":"gpu","allocationMode":"ExactCount","count":1}}]}}'
  assert.deepEqual(updateErrors(ResourceClaim, before, after), [`spec: Invalid value: ${shown}: field is immutable`])
  assert.deepEqual(updateErrors(ResourceSlice, slice({}), slice({ nodeName: "m" })), [
    'spec.nodeName: Invalid value: "m": field is immutable',
  ])
})

const result = { request: "r", driver: "d", pool: "p", device: "x" }
const given = { devices: { results: [result] } }
const stated = (status: object, metadata: object = {}) => ({ ...claim({ requests: [request] }), metadata, status })
const user = { resource: "pods", name: "a", uid: "1" }

test("a claim is given devices once, to users", () => {
  const errors = (before: object, after: object, metadata: object = {}) =>
    statusErrors(ResourceClaim, stated(before, metadata), stated(after, metadata))
  assert.deepEqual(errors({}, { allocation: given, reservedFor: [user] }), [])
  assert.deepEqual(errors({}, { reservedFor: [user] }), [
    "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
  ])
  const other = { devices: { results: [{ ...result, device: "y" }] } }
  assert.deepEqual(errors({ allocation: given }, { allocation: other }), [
    'status.allocation: Invalid value: {"devices":{"results":[{"request":"r","driver":"d","pool":"p","device":"y"}]}}: field is immutable',
  ])
  const ending = { deletionTimestamp: "2026-01-01T00:00:00Z" }
  assert.deepEqual(errors({ allocation: given }, { allocation: given, reservedFor: [user] }, ending), [
    "status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
  ])
})

test("drivers report about devices that were given", () => {
  const report = {
    driver: "d",
    pool: "p",
    device: "z",
    conditions: [],
    networkData: { ips: ["10.0.0.1", "FD00::1/64"] },
  }
  const after = stated({ allocation: given, devices: [report] })
  assert.deepEqual(statusErrors(ResourceClaim, stated({ allocation: given }), after), [
    'status.devices[0]: Invalid value: {"Driver":"d","Pool":"p","Device":"z","ShareID":""}: must be an allocated device in the claim',
    'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    'status.devices[0].networkData.ips[1]: Invalid value: "FD00::1/64": must be in canonical form ("fd00::1/64")',
  ])
})

test("reports go with their devices", () => {
  const report = { driver: "d", pool: "p", device: "x", conditions: [] }
  const draft = defaulted(ResourceClaim, stated({ devices: [report] }))
  const old = defaulted(ResourceClaim, stated({ allocation: given, devices: [report] }))
  ResourceClaim.strategy.prepareStatusUpdate?.(draft as never, old as never, testContext)
  assert.equal(draft.status.devices, undefined)
})

test("one device is asked for, and taints count from now on", () => {
  assert.equal(defaulted(ResourceClaim, claim({ requests: [request] })).spec.devices.requests[0]?.exactly?.count, 1)
  const draft = defaulted(
    ResourceSlice,
    device({ taints: [{ key: "k", effect: "None" }], attributes: { a: { ints: [1] } } }),
  )
  ResourceSlice.strategy.prepareCreate?.(draft as never, testContext)
  const [first] = draft.spec.devices ?? []
  assert.equal(first?.taints?.[0]?.timeAdded, testContext.now)
  assert.deepEqual(first?.attributes?.["a"], {})
})

test("columns", () => {
  const state = (status: object, metadata: object = {}) => {
    const columns = ResourceClaim.columns as readonly unknown[] as readonly Column<unknown>[]
    return columns[0]?.value(defaulted(ResourceClaim, stated(status, metadata)), 0)
  }
  const ending = { deletionTimestamp: "2026-01-01T00:00:00Z" }
  assert.equal(state({}), "pending")
  assert.equal(state({ allocation: given }), "allocated")
  assert.equal(state({ allocation: given, reservedFor: [user] }, ending), "deleted,allocated,reserved")
  assert.equal(state({}, ending), "deleted")
})

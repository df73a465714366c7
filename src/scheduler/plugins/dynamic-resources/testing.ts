import type { Device } from "../../../api/resource/v1/device.ts"
import type { DeviceConstraint, DeviceRequest, ExactDeviceRequest } from "../../../api/resource/v1/device-claim.ts"
import type { DeviceClass, DeviceClassSpec } from "../../../api/resource/v1/device-class.ts"
import type { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import type { ResourceSlice, ResourceSliceSpec } from "../../../api/resource/v1/resource-slice.ts"

/** Devices and claims in few words, for this plugin's tests. */

export const DRIVER = "gpu.example.com"

export function slice(name: string, spec: Partial<ResourceSliceSpec>): ResourceSlice {
  const { pool, ...rest } = spec
  return {
    metadata: { name, uid: `uid-${name}`, resourceVersion: "1" },
    spec: { driver: DRIVER, pool: { name: "pool", generation: 1, resourceSliceCount: 1, ...pool }, ...rest },
  } as unknown as ResourceSlice
}

/** A slice of the node `n1` with these devices, given by name or in full. */
export function devices(...all: readonly (string | Device)[]): ResourceSlice {
  const full = all.map((one) => (typeof one === "string" ? { name: one } : one))
  return slice("slice", { nodeName: "n1", devices: full })
}

export function deviceClass(name: string, spec: Partial<DeviceClassSpec> = {}): DeviceClass {
  return { metadata: { name, uid: `uid-${name}`, resourceVersion: "1" }, spec } as unknown as DeviceClass
}

/** Asks for one device of the class `gpu`, unless `more` says otherwise. */
export function request(name: string, more: Partial<ExactDeviceRequest> = {}): DeviceRequest {
  return { name, exactly: { deviceClassName: "gpu", allocationMode: "ExactCount", count: 1, ...more } } as DeviceRequest
}

/** The first of these that can be met. */
export function firstOf(name: string, ...alternatives: readonly (Partial<ExactDeviceRequest> & { name: string })[]) {
  const full = alternatives.map((one) => ({ deviceClassName: "gpu", allocationMode: "ExactCount", count: 1, ...one }))
  return { name, firstAvailable: full } as unknown as DeviceRequest
}

export function claim(
  name: string,
  requests: readonly DeviceRequest[],
  more: { readonly constraints?: readonly DeviceConstraint[]; readonly config?: readonly object[] } = {},
): ResourceClaim {
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "1" },
    spec: { devices: { requests, ...more } },
    status: {},
  } as unknown as ResourceClaim
}

/** A claim that has these devices of the pool `pool`. */
export function allocated(name: string, ...results: readonly object[]): ResourceClaim {
  const full = results.map((result) => ({ request: "r", driver: DRIVER, pool: "pool", ...result }))
  const status = { allocation: { devices: { results: full } } }
  return { ...claim(name, [request("r")]), status } as unknown as ResourceClaim
}

export const cel = (expression: string) => ({ cel: { expression } })

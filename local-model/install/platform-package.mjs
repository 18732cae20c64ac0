/** The packages that carry llama.cpp ready-made, without a graphics card's libraries. */
const PACKAGES = new Map([
  ['linux-x64', 'linux-x64'],
  ['linux-arm64', 'linux-arm64'],
  ['linux-arm', 'linux-armv7l'],
  ['linux-riscv64', 'linux-riscv64'],
  ['darwin-arm64', 'mac-arm64-metal'],
  ['darwin-x64', 'mac-x64'],
  ['win32-x64', 'win-x64'],
  ['win32-arm64', 'win-arm64'],
]);

/**
 * @param {string} platform As in `process.platform`.
 * @param {string} arch As in `process.arch`.
 * @returns {string}
 */
export function platformPackage(platform, arch) {
  const name = PACKAGES.get(`${platform}-${arch}`);
  if (name === undefined) {
    throw new Error(`node-llama-cpp has no ready-made build for ${platform} on ${arch}.`);
  }
  return `@node-llama-cpp/${name}`;
}

import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { createHash, createPublicKey } from 'node:crypto';
const base = 'http://127.0.0.35:9080';
const ctl = async (d, body) => { const r = await fetch(`${base}/ctl/${d}`, body ? { method: 'POST', body: JSON.stringify(body) } : {}); return body ? r.status : r.json(); };
process.env.MUSTER_CONNECTION = '/tmp/smoke/connection.json';
const gt = await (await fetch(`${base}/ctl/gateway`)).text();
const c = JSON.parse(readFileSync('/tmp/smoke/connection.json')); c.ddi.gatewayToken = gt; writeFileSync('/tmp/smoke/connection.json', JSON.stringify(c));
const { SwUpdateDevice, newImage, newSigner } = await import('./lib/swupdate.mjs');
const { MenderDevice, newArtifact } = await import('./lib/mender.mjs');
const { until } = await import('./lib/until.mjs');
const t = { cleanups: [], after(f) { this.cleanups.push(f); } };
const files = '/tmp/smoke/files'; mkdirSync(files, { recursive: true });
const signer = newSigner('/tmp/smoke', 'signer'); const stranger = newSigner('/tmp/smoke', 'stranger');
let wire = 100;
const offer = (d, bytes, more = {}) => { const w = ++wire; writeFileSync(`${files}/${w}${more.ext ?? '.swu'}`, bytes); return ctl(d, { wireId: w, permit: 'Commit', version: '2.0.0', file: `${w}${more.ext ?? '.swu'}`, ...more }); };
const at = (d, s) => until(`${d} at ${s}`, async () => { const x = await ctl(d); return [s].flat().includes(x.status) && x; }, 60000);
const show = async (name, d) => { const x = await ctl(d); console.log('##', name, x.status, x.offer); x.reports.forEach((r) => console.log('    ', r.replaceAll('\n', ' | ').slice(0, 300))); console.log('    ', x.patches.join(' ')); };
const cases = {
  async success() {
    const d = new SwUpdateDevice(t, { deviceId: 's1', signer, model: 'P7' }); d.boot('1.0.0');
    await until('patch', async () => (await ctl('s1')).patches.length > 0);
    await offer('s1', newImage({ signer, version: '2.0.0', path: d.path, content: 'two' }));
    await at('s1', 'Installed'); console.log('ustate', d.ustate, d.installed); await d.off(); d.ustate = '2'; d.boot('2.0.0');
    await at('s1', 'Succeeded'); await until('patch2', async () => (await ctl('s1')).patches.length > 1); console.log('ustate', d.ustate);
    await new Promise((r) => setTimeout(r, 3000)); await show('success', 's1'); await d.off();
  },
  async fallback() {
    const d = new SwUpdateDevice(t, { deviceId: 's2', signer, model: 'P7' }); d.boot('1.0.0'); await until('known', async () => (await ctl('s2')).known);
    await offer('s2', newImage({ signer, version: '2.0.0', path: d.path, content: 'two' }));
    await at('s2', 'Installed'); await d.off(); d.ustate = '3'; d.boot('1.0.0'); await at('s2', 'Failed'); await show('fallback', 's2'); await d.off();
  },
  async stranger() {
    const d = new SwUpdateDevice(t, { deviceId: 's3', signer, model: 'P7' }); d.boot('1.0.0'); await until('known', async () => (await ctl('s3')).known);
    await offer('s3', newImage({ signer: stranger, version: '2.0.0', path: d.path, content: 'two' })); await at('s3', 'Failed');
    await new Promise((r) => setTimeout(r, 2000)); await show('stranger', 's3');
    await offer('s3', newImage({ signer, version: '2.0.0', path: d.path, content: 'two', exit: 1 })); await until('again', async () => (await ctl('s3')).reports.filter((r) => r.includes('Failed')).length > 1); await show('script', 's3');
    await offer('s3', newImage({ signer, version: '2.0.0', path: d.path, content: 'two', hardware: '9' })); await until('again', async () => (await ctl('s3')).reports.filter((r) => r.includes('Failed')).length > 2); await new Promise((r) => setTimeout(r, 2000)); await show('hw', 's3');
    await d.off();
  },
  async cancel() {
    const d = new SwUpdateDevice(t, { deviceId: 's4', signer, model: 'P7', options: '-n 100k' }); d.boot('1.0.0'); await until('known', async () => (await ctl('s4')).known);
    await offer('s4', newImage({ signer, version: '2.0.0', path: d.path, content: 'x'.repeat(2_000_000) })); await at('s4', 'Downloading'); await ctl('s4', { cancel: true });
    await at('s4', 'Canceled'); await show('cancel', 's4'); await d.off();
  },
  async gated() {
    const d = new SwUpdateDevice(t, { deviceId: 's5', signer, model: 'P7' }); d.boot('1.0.0'); await until('known', async () => (await ctl('s5')).known);
    await offer('s5', newImage({ signer, version: '2.0.0', path: d.path, content: 'two' }), { permit: 'None' }); await new Promise((r) => setTimeout(r, 4000)); await show('gated', 's5');
    await ctl('s5', { permit: 'Commit' }); await at('s5', 'Installed'); await show('ungated', 's5'); await d.off();
  },
  async mender() {
    const d = new MenderDevice(t, { deviceId: 'm1', model: 'P7', version: '1.0.0' }); d.start();
    const pem = await until('key', () => d.publicKey);
    const keySha256 = createHash('sha256').update(createPublicKey(pem).export({ type: 'spki', format: 'der' })).digest('hex');
    await ctl('m1', { register: JSON.stringify({ mender: { keySha256 } }) });
    await until('patch', async () => (await ctl('m1')).patches.length > 0);
    const art = () => newArtifact({ name: '2.0.0', model: 'P7', path: d.path, content: 'two'.padEnd(5000) });
    await offer('m1', art(), { ext: '.mender', permit: 'Download' });
    await until('paused', async () => (await ctl('m1')).reports.some((r) => r.includes('Downloaded'))); await new Promise((r) => setTimeout(r, 8000)); await show('paused', 'm1'); console.log('installed', d.installed);
    await ctl('m1', { permit: 'Commit' }); await at('m1', 'Succeeded'); await show('mender', 'm1'); console.log('installed', d.installed?.trim());
    await d.dispose();
  },
  async menderback() {
    const d = new MenderDevice(t, { deviceId: 'm2', model: 'P7', version: '1.0.0' }); d.start();
    const pem = await until('key', () => d.publicKey);
    const keySha256 = createHash('sha256').update(createPublicKey(pem).export({ type: 'spki', format: 'der' })).digest('hex');
    await ctl('m2', { register: JSON.stringify({ mender: { keySha256 } }) });
    await until('patch', async () => (await ctl('m2')).patches.length > 0);
    await offer('m2', newArtifact({ name: '2.0.0', model: 'P7', path: d.path, content: 'two'.padEnd(5000) }), { ext: '.mender', permit: 'Reboot' });
    await until('installing', async () => (await ctl('m2')).reports.some((r) => r.includes('Confirming'))); await new Promise((r) => setTimeout(r, 5000)); await show('uncommitted', 'm2'); console.log('installed', d.installed?.trim());
    await ctl('m2', { rollBack: true }); await at('m2', 'Failed'); await show('menderback', 'm2'); console.log('installed', d.installed);
    console.log(d.output.split('\n').slice(-20).join('\n'));
    await d.dispose();
  },
};
const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(cases)) {
  if (wanted.length && !wanted.includes(name)) continue;
  try { await run(); } catch (e) { console.log('!!', name, e.message); for (const d of ['s1', 's2', 's3', 's4', 's5', 'm1', 'm2']) if ((await ctl(d)).reports.length) await show(d, d); }
}
for (const f of t.cleanups) await f().catch(() => {});
process.exit(0);

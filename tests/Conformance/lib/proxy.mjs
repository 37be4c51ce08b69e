// A piece of cable between an SDK and the hub: it can be cut, and it counts how often it was plugged in.
import net from 'node:net';
import { once } from 'node:events';
import { connection, host } from './muster.mjs';

/** Forwards to the MQTT port; the SDKs get there by `GatewayHostName`. Closed at the end of the test. */
export async function cable(t) {
  const sockets = new Set();
  let connections = 0;
  const server = net.createServer((near) => {
    connections++;
    const far = net.connect(connection.mqttPort, host);
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, host);
  await once(server, 'listening');
  const cut = () => sockets.forEach((socket) => socket.destroy());
  t.after(() => {
    server.close();
    cut();
  });
  return {
    /** The connection string with a detour over the cable. */
    through: (connectionString) => `${connectionString};GatewayHostName=${host}:${server.address().port}`,
    cut,
    get connections() {
      return connections;
    },
  };
}

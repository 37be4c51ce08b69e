namespace Muster.Hosting;

/// <summary>What a person reads once the hub is up.</summary>
internal static class Banner
{
    /// <summary>Where everything is, and a device to paste. No key is printed: terminals are recorded.</summary>
    internal static string Text(SiloSettings settings, ConnectionInfo info, string connectionFile)
    {
        var host = info.HostName.Contains(':', StringComparison.Ordinal) ? $"[{info.HostName}]" : info.HostName;
        var api = info.HttpsPort == 443 ? $"https://{host}" : $"https://{host}:{info.HttpsPort}";
        var fleet = info.SimulatorPid is { } pid ? $"{settings.Devices} simulated pumps connecting (process {pid})" : "no simulated devices";
        return $"""

            Muster is up: {fleet}

              service API   {api}   (docs at /docs, metrics at /metrics)
              device MQTT   mqtts://{host}:{info.MqttPort}
              AMQP          amqps://{host}:{info.AmqpPort}
              data          {info.DataFolder}
              connect by    {connectionFile}
              trust         {info.CaCertificate}

            {DeviceExample(info, connectionFile)}
            Ctrl-C stops it.

            """;
    }

    private static string DeviceExample(ConnectionInfo info, string connectionFile) => $$"""
        Connect a device of your own (Node 20, any folder):

          npm install azure-iothub azure-iot-device azure-iot-device-mqtt
          NODE_EXTRA_CA_CERTS='{{info.CaCertificate}}' node -e '(async () => {
            const hub = require("{{connectionFile}}"), service = require("azure-iothub"), { Client } = require("azure-iot-device");
        {{RegisterLines(info)}}
            const device = Client.fromConnectionString(`HostName=${hub.hostName};DeviceId=${made.deviceId};SharedAccessKey=` +
              made.authentication.symmetricKey.primaryKey, require("azure-iot-device-mqtt").Mqtt);
            const twin = await device.getTwin();
            console.log(made.deviceId, "is connected; its twin:", JSON.stringify(twin.properties));
          })()'

        """;

    // The service SDK dials 443 whatever the connection string says, so on another port the same request is sent without it.
    private static string RegisterLines(ConnectionInfo info) => info.HttpsPort == 443
        ? """
              const made = (await service.Registry.fromConnectionString(hub.serviceConnectionString).create({ deviceId: "device-" + Date.now() })).responseBody;
          """
        : """
              const id = "device-" + Date.now(), key = hub.serviceConnectionString.split("SharedAccessKey=")[1];
              const token = service.SharedAccessSignature.create(hub.hostName, "iothubowner", key, Math.ceil(Date.now() / 1000) + 3600).toString();
              const made = await (await fetch(`https://${hub.hostName}:${hub.httpsPort}/devices/${id}?api-version=2021-04-12`,
                { method: "PUT", headers: { authorization: token, "content-type": "application/json" }, body: JSON.stringify({ deviceId: id }) })).json();
          """;
}

using System.Text.Json.Nodes;

namespace Muster.Local;

/// <summary>The cluster's <c>connection.json</c>: what a silo says of itself, with the balancer in the silo's place.</summary>
internal static class ConnectionFile
{
    internal const string FileName = "connection.json";

    /// <param name="silo">The silo's file. Names, keys and everything that is not said below stay as they are.</param>
    internal static JsonObject Through(JsonObject silo, AddressPlan plan, string folder, int pid, int? simulatorPid)
    {
        var balancer = plan.Balancer;
        var file = silo.DeepClone().AsObject();
        file["address"] = plan.Dialled.ToString();
        file["mqttPort"] = balancer.Ports["mqtt"];
        file["amqpPort"] = file["amqpPort"] is null ? null : balancer.Ports["amqp"];
        file["httpsPort"] = balancer.Ports["https"];
        file["caCertificate"] = Path.Combine(folder, "ca.pem");
        file["pid"] = pid;
        file["simulatorPid"] = simulatorPid;
        file["dataFolder"] = folder;
        var orleans = file["orleans"]?.AsObject() ?? [];
        orleans["gateway"] = plan.OrleansGateways;
        file["orleans"] = orleans;
        return file;
    }
}

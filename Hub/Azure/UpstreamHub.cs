using Muster.CloudToDevice;
using Muster.Devices;
using Muster.Errors;
using Muster.Methods;
using Muster.Twins;

namespace Muster.Upstream;

/// <summary>The upstream hub by its REST service, and by AMQP for messages to devices.</summary>
internal sealed class UpstreamHub(RestClient rest, CloudMessageSender messages) : IUpstreamHub
{
    private const string DevicesMark = "d:";
    private const string ModulesMark = "m:";
    private static readonly byte[] AllDevices = RestBodies.Query("SELECT * FROM devices");
    private static readonly byte[] AllModules = RestBodies.Query("SELECT * FROM devices.modules");

    public Task<UpstreamReply> GetTwinAsync(DeviceKey key, CancellationToken cancellationToken) =>
        FindAsync(new RestCall(RestKinds.Twin, HttpMethod.Get, TwinPath(key)) { IsRepeatable = true }, key, cancellationToken);

    public Task<UpstreamReply> ChangeTwinAsync(DeviceKey key, TwinChange change, CancellationToken cancellationToken) => FindAsync(
        new RestCall(RestKinds.Twin, change.Replace ? HttpMethod.Put : HttpMethod.Patch, TwinPath(key))
        {
            Body = RestBodies.Twin(change),
            IfMatch = change.IfMatch,
        },
        key,
        cancellationToken);

    public Task<UpstreamReply> GetIdentityAsync(DeviceKey key, CancellationToken cancellationToken) =>
        FindAsync(new RestCall(RestKinds.Identity, HttpMethod.Get, IdentityPath(key)) { IsRepeatable = true }, key, cancellationToken);

    public Task<UpstreamReply> PutIdentityAsync(DeviceKey key, IdentitySpec spec, string? ifMatch, CancellationToken cancellationToken) => FindAsync(
        new RestCall(RestKinds.Identity, HttpMethod.Put, IdentityPath(key)) { Body = RestBodies.Identity(key, spec), IfMatch = ifMatch },
        key,
        cancellationToken);

    public async Task<Refusal?> DeleteIdentityAsync(DeviceKey key, string? ifMatch, CancellationToken cancellationToken)
    {
        var (answer, why) = await CallAsync(
            new RestCall(RestKinds.Identity, HttpMethod.Delete, IdentityPath(key)) { IfMatch = ifMatch ?? "*" }, key, cancellationToken);
        return answer is null ? why : null;
    }

    public async Task<UpstreamPage> ListTwinsAsync(string? continuation, CancellationToken cancellationToken)
    {
        var isModules = continuation?.StartsWith(ModulesMark, StringComparison.Ordinal) ?? false;
        var call = new RestCall(RestKinds.Query, HttpMethod.Post, "/devices/query")
        {
            Body = isModules ? AllModules : AllDevices,
            Continuation = continuation is { Length: > 2 } ? continuation[2..] : null,
            IsRepeatable = true,
        };
        var (answer, why) = await CallAsync(call, null, cancellationToken);
        if (answer is null)
        {
            throw new UpstreamFaultException($"The upstream hub refused the query for all twins: {why!.Message}");
        }

        var mark = isModules ? ModulesMark : DevicesMark;
        return new UpstreamPage(RestAnswers.Objects(answer), answer.Continuation is { } next ? mark + next : isModules ? null : ModulesMark);
    }

    public async Task<MethodReply> InvokeMethodAsync(DeviceKey key, MethodCall call, CancellationToken cancellationToken)
    {
        var request = new RestCall(RestKinds.Method, HttpMethod.Post, TwinPath(key) + "/methods")
        {
            Body = RestBodies.Method(call),
            Extra = call.ResponseTimeout + call.ConnectTimeout,
        };
        var (answer, why) = await CallAsync(request, key, cancellationToken);
        return answer is null ? new MethodReply.Refused(why!) : RestAnswers.Method(answer);
    }

    public Task<SendMessageReply> SendMessageAsync(DeviceKey key, CloudMessage message, CancellationToken cancellationToken) =>
        messages.SendAsync(key, message, cancellationToken);

    public async Task<PurgeMessagesReply> PurgeMessagesAsync(DeviceKey key, CancellationToken cancellationToken)
    {
        var (answer, why) = await CallAsync(new RestCall(RestKinds.Purge, HttpMethod.Delete, IdentityPath(key) + "/commands"), key, cancellationToken);
        return answer is null ? new PurgeMessagesReply.Refused(why!) : new PurgeMessagesReply.Purged(RestAnswers.Purged(answer));
    }

    private static string IdentityPath(DeviceKey key) => "/devices/" + Ids(key);

    private static string TwinPath(DeviceKey key) => "/twins/" + Ids(key);

    private static string Ids(DeviceKey key) =>
        Uri.EscapeDataString(key.DeviceId) + (key.ModuleId is { } module ? "/modules/" + Uri.EscapeDataString(module) : "");

    private async Task<UpstreamReply> FindAsync(RestCall call, DeviceKey key, CancellationToken cancellationToken)
    {
        var (answer, why) = await CallAsync(call, key, cancellationToken);
        return answer is null ? new UpstreamReply.Refused(why!) : new UpstreamReply.Found(RestAnswers.Object(answer));
    }

    private async Task<(RestAnswer? Answer, Refusal? Why)> CallAsync(RestCall call, DeviceKey? key, CancellationToken cancellationToken)
    {
        if (call.IfMatch is { } etag && etag.AsSpan().ContainsAny('"', '\r', '\n'))
        {
            return (null, new Refusal(HubErrorCode.ArgumentInvalid, "An etag has no quotes in it, and no line ends."));
        }

        // In a path they are steps upwards: to delete the module ".." would delete its device.
        if (key is { DeviceId: "." or ".." } or { ModuleId: "." or ".." })
        {
            return (null, new Refusal(HubErrorCode.ArgumentInvalid, $"The id {key} has no address on the upstream hub."));
        }

        var answer = await rest.SendAsync(call, cancellationToken);
        return answer.IsSuccess ? (answer, null) : (null, RestErrors.ToRefusal(answer, key));
    }
}

using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>How far a pause goes.</summary>
internal sealed class PauseRequest : FieldsRequest, IRequestMessage<PauseRequest>
{
    public static int MaxBytes => 4096;

    /// <summary>offers (the default): no new offers; installs: nor installs; reboots: nor reboots, where the agent asks before it does.</summary>
    public string? Level => Words.Of(Value);

    internal PauseLevel Value { get; private set; }

    public static PauseRequest Parse(ReadOnlySpan<byte> json)
    {
        var request = new PauseRequest();
        JsonFields.ReadBody(json, request.Errors, fields =>
        {
            request.Value = fields.Word<PauseLevel>("level") ?? PauseLevel.Offers;
            if (request.Value == PauseLevel.None)
            {
                fields.Wrong("level", "must be one of offers, installs, reboots; resume is another route");
            }
        });
        return request;
    }
}

/// <summary>Why a rollout is ended, for those who read of it later.</summary>
internal sealed class ReasonRequest : FieldsRequest, IRequestMessage<ReasonRequest>
{
    public static int MaxBytes => 8192;

    /// <summary>1 to 512 characters.</summary>
    public string Reason { get; private set; } = "";

    public static ReasonRequest Parse(ReadOnlySpan<byte> json)
    {
        var request = new ReasonRequest();
        JsonFields.ReadBody(json, request.Errors, fields => request.Reason = fields.Text("reason", 512, required: true) ?? "");
        return request;
    }
}

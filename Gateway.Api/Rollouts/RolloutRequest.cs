using Muster.Gateway;

namespace Muster.Rollouts;

/// <summary>A plan as its author writes it; <see cref="RolloutMessage"/> describes its fields.</summary>
internal sealed class RolloutRequest : FieldsRequest, IRequestMessage<RolloutRequest>
{
    private RolloutSpec? spec;

    public static int MaxBytes => 2 * 1024 * 1024;

    /// <summary>Null where the rollout is to get one by its name.</summary>
    internal string? Id { get; private set; }

    internal RolloutSpec Spec => spec ?? throw new InvalidOperationException("The plan was not read.");

    public static RolloutRequest Parse(ReadOnlySpan<byte> json)
    {
        var request = new RolloutRequest();
        JsonFields.ReadBody(json, request.Errors, request.Read);
        return request;
    }

    private void Read(JsonFields fields)
    {
        Id = fields.Text("id", 256);
        if (Id is not null && !RolloutIds.IsNew(Id))
        {
            fields.Wrong("id", RolloutIds.Rule);
        }

        spec = RolloutSpecReader.Read(fields);
    }
}

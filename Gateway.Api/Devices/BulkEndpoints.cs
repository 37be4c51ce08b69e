using Muster.Access;
using Muster.Calls;
using Muster.Gateway;

namespace Muster.Devices;

/// <summary><c>POST /devices</c>: many identities in one request.</summary>
internal static class BulkEndpoints
{
    internal static void MapBulk(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/devices", ChangeDevices).WithTags("Devices").WithName(nameof(ChangeDevices))
            .WithSummary("Create, update or delete up to 100 identities, or change their twins")
            .WithDescription("Items are independent: those that fail are listed with their reason and status 400, the others stand.")
            .Requires(AccessRights.RegistryWrite).Takes<BulkRequest>(typeof(BulkItem[])).Answers<BulkResponse>("Every item stands.")
            .Answers<BulkResponse>("Some items changed nothing; errors says which and why.", StatusCodes.Status400BadRequest);

    private static async Task<JsonAnswer<BulkResponse>> ChangeDevices(
        RequestBody<BulkRequest> body, IGrainFactory grains, GrainCalls calls, CancellationToken cancellationToken)
    {
        var items = body.Value.Items;
        var refusals = await new BulkRun(grains, calls).RunAsync(items, cancellationToken);
        var errors = items.Zip(refusals)
            .Where(pair => pair.Second is not null)
            .Select(pair => new BulkError(pair.First.Id, pair.First.ModuleId, pair.Second!.Code.ToString(), pair.Second.Message, pair.First.ImportMode))
            .ToArray();
        return new JsonAnswer<BulkResponse>(new BulkResponse(errors.Length == 0, errors, []), ApiJson.Default.BulkResponse, etag: null)
        {
            StatusCode = errors.Length == 0 ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
        };
    }
}

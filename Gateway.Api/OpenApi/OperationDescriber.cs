using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Muster.Errors;

namespace Muster.Gateway;

/// <summary>Writes what endpoint files say of a route into its OpenAPI operation.</summary>
internal sealed class OperationDescriber : IOpenApiOperationTransformer
{
    internal const string SecurityScheme = "sharedAccessSignature";
    internal const string PrincipalScheme = "principal";

    private static readonly HubErrorCode[] Everywhere =
    [
        HubErrorCode.ArgumentInvalid, HubErrorCode.ThrottlingException, HubErrorCode.ServiceUnavailable,
    ];

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        await AddParametersAsync(operation, context, metadata, cancellationToken);
        if (metadata.OfType<DescribedBody>().LastOrDefault() is { } body)
        {
            var schema = await SchemaAsync(context, body.Type, cancellationToken);
            var content = Content("application/json", schema);
            content["application/json"].Example = metadata.OfType<DescribedExample>().LastOrDefault() is { } example ? JsonNode.Parse(example.Json) : null;
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
        }

        operation.Responses = [];
        foreach (var answer in metadata.OfType<DescribedAnswer>())
        {
            var schema = answer.Type is null ? null : await SchemaAsync(context, answer.Type, cancellationToken);
            operation.Responses[Key(answer.Status)] = new OpenApiResponse
            {
                Description = answer.Description,
                Content = schema is null ? null : Content(answer.ContentType, schema),
            };
        }

        var needs = Needs(operation, context, metadata).ToArray();
        if (needs.Length > 0)
        {
            operation.Description = $"{operation.Description} Needs {string.Join(", or ", needs)}.".TrimStart();
        }

        if (needs.Length > 0 || metadata.OfType<DescribedRefusals>().Any())
        {
            await AddRefusalsAsync(operation, context, metadata, cancellationToken);
        }
    }

    /// <summary>What <see cref="AccessFilter"/> may refuse: 401 whoever is asked for, 403 where who was let in may not be who is wanted.</summary>
    private static IEnumerable<HubErrorCode> OfAccess(IList<object> metadata)
    {
        var hasRights = metadata.OfType<RequiredRights>().Any();
        var principal = metadata.OfType<RequiredPrincipal>().LastOrDefault();
        if (hasRights || principal is not null)
        {
            yield return HubErrorCode.IotHubUnauthorizedAccess;
        }

        if (principal is not null && (!hasRights || principal.AnyOf.Count > 0))
        {
            yield return HubErrorCode.NotPermitted;
        }
    }

    private static IEnumerable<string> Needs(OpenApiOperation operation, OpenApiOperationTransformerContext context, IList<object> metadata)
    {
        if (metadata.OfType<RequiredRights>().LastOrDefault() is { } rights)
        {
            Add(SecurityScheme);
            yield return $"{rights.AnyOf}";
        }

        if (metadata.OfType<RequiredPrincipal>().LastOrDefault() is { } principal)
        {
            Add(PrincipalScheme);
            yield return principal.AnyOf.Count == 0 ? "a named principal" : $"a principal with the role {string.Join(" or ", principal.AnyOf)}";
        }

        void Add(string scheme) =>
            (operation.Security ??= []).Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] });
    }

    private static async Task AddParametersAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, IList<object> metadata, CancellationToken cancellationToken)
    {
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>())
        {
            parameter.Description ??= parameter.Name switch
            {
                "deviceId" => "The device's id, percent-encoded.",
                "moduleId" => "The module's id, percent-encoded.",
                "lockToken" => "The token, without the quotes of ETag.",
                _ => "Its name.",
            };
        }

        foreach (var parameter in metadata.OfType<DescribedParameter>())
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = parameter.In,
                Description = parameter.Description,
                Required = parameter.Required,
                Schema = await context.GetOrCreateSchemaAsync(parameter.Type, null, cancellationToken),
            });
        }
    }

    private static async Task AddRefusalsAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, IList<object> metadata, CancellationToken cancellationToken)
    {
        var own = metadata.OfType<OwnApi>().Any();
        var schema = await SchemaAsync(
            context, own ? typeof(Microsoft.AspNetCore.Mvc.ProblemDetails) : typeof(HubErrorBody), cancellationToken);
        var codes = Everywhere.Concat(OfAccess(metadata)).Concat(metadata.OfType<DescribedRefusals>().SelectMany(refusals => refusals.Codes)).Distinct();
        foreach (var status in codes.GroupBy(code => (int)code / 1000).OrderBy(group => group.Key))
        {
            operation.Responses!.TryAdd(Key(status.Key), new OpenApiResponse
            {
                Description = string.Join(", ", status),
                Content = Content(own ? ApiProblems.ContentType : "application/json", schema),
            });
        }
    }

    /// <summary>Our own types by name, so that generated clients have one class for each.</summary>
    private static async Task<IOpenApiSchema> SchemaAsync(OpenApiOperationTransformerContext context, Type type, CancellationToken cancellationToken)
    {
        if (type.GetElementType() is { } element)
        {
            return new OpenApiSchema { Type = JsonSchemaType.Array, Items = await SchemaAsync(context, element, cancellationToken) };
        }

        var schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken);
        if (schema.Type != JsonSchemaType.Object || context.Document is not { } document)
        {
            return schema;
        }

        if (document.Components?.Schemas?.ContainsKey(type.Name) != true)
        {
            document.AddComponent(type.Name, schema);
        }

        return new OpenApiSchemaReference(type.Name, document);
    }

    private static Dictionary<string, OpenApiMediaType> Content(string type, IOpenApiSchema schema) =>
        new() { [type] = new OpenApiMediaType { Schema = schema } };

    private static string Key(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Muster.Gateway;

/// <summary>Marks the routes of the service API: those that its description lists.</summary>
internal sealed class ServiceApi;

/// <summary>The API's description at <c>/openapi/v1.json</c> and its readable page at <c>/docs</c>, which needs nothing from elsewhere.</summary>
internal static class ApiDescription
{
    internal const string DocumentName = "v1";

    internal static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(DocumentName, options =>
    {
        options.ShouldInclude = description => description.ActionDescriptor.EndpointMetadata.OfType<ServiceApi>().Any();
        options.AddOperationTransformer<OperationDescriber>();
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
    });

    internal static void MapApiDescription(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi();
        routes.MapScalarApiReference("/docs", options => options
            .WithTitle("Muster service API").DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().HideDeveloperTools());
        routes.MapGet("/", () => TypedResults.Redirect("/docs")).ExcludeFromDescription();
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Muster service API",
            Version = DocumentName,
            Description = "IoT Hub's service API for identities, twins, direct methods and queries, and Muster's own under /api/v1. "
                + "IoT Hub's SDKs use it unchanged. Refusals on IoT Hub's routes have its error body and the header iothub-errorcode; "
                + "those under /api/v1 are problem details (RFC 9457). 429 and 503 carry Retry-After.",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[OperationDescriber.PrincipalScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The token of a named principal.",
        };
        document.Components.SecuritySchemes[OperationDescriber.SecurityScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = "Authorization",
            Description = "A shared access signature of one of the hub's policies: SharedAccessSignature sr=…&sig=…&se=…&skn=….",
        };
    }
}

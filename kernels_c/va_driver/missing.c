/* missing.c - functions that libva requires of every driver but that do not apply to an encoder: subpictures, palettes, display
 * attributes.
 */
#include "calls.h"

static VAStatus put_surface(VADriverContextP va, VASurfaceID surface, void *draw, short src_x, short src_y, unsigned short src_w,
                            unsigned short src_h, short x, short y, unsigned short w, unsigned short h, VARectangle *clips,
                            unsigned clip_count, unsigned flags)
{
    return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus set_palette(VADriverContextP va, VAImageID image, unsigned char *palette)
{
    return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus subpicture_formats(VADriverContextP va, VAImageFormat *formats, unsigned *flags, unsigned *count)
{
    *count = 0;
    return VA_STATUS_SUCCESS;
}

static VAStatus create_subpicture(VADriverContextP va, VAImageID image, VASubpictureID *subpicture)
{
    return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus destroy_subpicture(VADriverContextP va, VASubpictureID subpicture) { return VA_STATUS_ERROR_INVALID_SUBPICTURE; }

static VAStatus subpicture_image(VADriverContextP va, VASubpictureID subpicture, VAImageID image)
{
    return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus subpicture_key(VADriverContextP va, VASubpictureID subpicture, unsigned min, unsigned max, unsigned mask)
{
    return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus subpicture_alpha(VADriverContextP va, VASubpictureID subpicture, float alpha)
{
    return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus associate(VADriverContextP va, VASubpictureID subpicture, VASurfaceID *surfaces, int count, short src_x,
                          short src_y, unsigned short src_w, unsigned short src_h, short x, short y, unsigned short w,
                          unsigned short h, unsigned flags)
{
    return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

static VAStatus deassociate(VADriverContextP va, VASubpictureID subpicture, VASurfaceID *surfaces, int count)
{
    return VA_STATUS_ERROR_INVALID_SUBPICTURE;
}

/* max_display_attributes is 0. */
static VAStatus query_display(VADriverContextP va, VADisplayAttribute *attributes, int *count)
{
    *count = 0;
    return VA_STATUS_ERROR_UNIMPLEMENTED;
}

static VAStatus change_display(VADriverContextP va, VADisplayAttribute *attributes, int count)
{
    return VA_STATUS_ERROR_UNIMPLEMENTED;
}

void drv_fill_missing(struct VADriverVTable *table)
{
    table->vaPutSurface = put_surface;
    table->vaSetImagePalette = set_palette;
    table->vaQuerySubpictureFormats = subpicture_formats;
    table->vaCreateSubpicture = create_subpicture;
    table->vaDestroySubpicture = destroy_subpicture;
    table->vaSetSubpictureImage = subpicture_image;
    table->vaSetSubpictureChromakey = subpicture_key;
    table->vaSetSubpictureGlobalAlpha = subpicture_alpha;
    table->vaAssociateSubpicture = associate;
    table->vaDeassociateSubpicture = deassociate;
    table->vaQueryDisplayAttributes = query_display;
    table->vaGetDisplayAttributes = change_display;
    table->vaSetDisplayAttributes = change_display;
}
